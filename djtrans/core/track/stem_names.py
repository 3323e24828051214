"""Names of the stems of the default mixer and separators."""

#: In the order of the default mixer.
STEMS = ("drums", "bass", "vocals", "other")
#: The stem without pitch.
DRUMS = "drums"
#: The stem in which somebody sings.
VOCALS = "vocals"
