package writeback

// Cut splits a text as a note is split into its parts.
func Cut(text string, limit int) []string { return cut(text, limit) }
