"""The listening report: one page that plays, plots and explains transitions, without a network."""
