"""The differentiable mixer: takes built effect nodes, stems and curves; gives the mix."""
