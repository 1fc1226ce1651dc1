package main

import (
	"strings"
	"unicode/utf8"
)

// table is text in rows and columns, for a terminal and for Markdown.
type table struct {
	header []string
	rows   [][]string
}

// text aligns the columns: the first to the left, the others to the right.
func (t table) text() string {
	widths := make([]int, len(t.header))
	for _, row := range append([][]string{t.header}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range append([][]string{t.header}, t.rows...) {
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			switch {
			case i > 0:
				b.WriteString("  " + pad + cell)
			case len(row) > 1:
				b.WriteString(cell + pad)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (t table) markdown() string {
	var b strings.Builder
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(t.header)
	b.WriteString("|---" + strings.Repeat("|--:", len(t.header)-1) + "|\n")
	for _, row := range t.rows {
		line(row)
	}
	return b.String()
}
