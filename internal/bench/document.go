package main

import (
	_ "embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// write prints the report and writes it to a file, if one is named, with the
// plot beside it.
func (r report) write(stdout io.Writer, file string) error {
	if _, err := io.WriteString(stdout, r.text()); err != nil || file == "" {
		return err
	}
	picture := ""
	if plot := r.plot(); len(plot.rows) > 0 {
		picture = strings.TrimSuffix(file, filepath.Ext(file)) + ".svg"
		if err := os.WriteFile(picture, []byte(plot.svg()), 0o644); err != nil { // #nosec G306 -- a document
			return err
		}
	}
	return os.WriteFile(file, []byte(r.markdown(filepath.Base(picture))), 0o644) // #nosec G306 -- a document
}

// markdown is the whole report as a document. picture is the plot's file, beside
// it; where there is none, it is "." or "".
func (r report) markdown(picture string) string {
	var b strings.Builder
	b.WriteString("# Benchmarks\n\n" +
		"What it costs to put a tag on pages, compared with other ways to do it. This page is written by\n" +
		"`make bench BENCHFLAGS='-out docs/benchmarks.md'`; the package documentation of `internal/bench` tells the method.\n\n")
	b.WriteString(r.machineText())
	if strings.HasSuffix(picture, ".svg") {
		fmt.Fprintf(&b, "\n![%s](%s)\n", plotTitle+"; the first table below has the numbers", picture)
	}
	for _, s := range append(r.sections(), r.goals()...) {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n%s", s.title, s.note, s.table.markdown())
	}
	if lines := r.faultLines(); len(lines) > 0 {
		b.WriteString("\n## Left out\n\n")
		for _, line := range lines {
			b.WriteString("- " + line + "\n")
		}
	}
	b.WriteString("\n" + comparing)
	return b.String()
}

// comparing is the end of the document: what else there is to run.
//
//go:embed comparing.md
var comparing string

// text is the report for a terminal.
func (r report) text() string {
	var b strings.Builder
	b.WriteString(r.machineText())
	for _, s := range append(r.sections(), r.goals()...) {
		fmt.Fprintf(&b, "\n%s\n%s\n\n%s", strings.ToUpper(s.title), s.note, s.table.text())
	}
	for _, line := range r.faultLines() {
		b.WriteString("left out: " + line + "\n")
	}
	return b.String()
}

// othersText tells how undisturbed the loads were.
func (r report) othersText() string {
	var parts []float64
	spoilt := 0
	for _, byPeer := range r.Loads {
		for _, s := range byPeer {
			parts = append(parts, s.Others...)
		}
	}
	for _, part := range parts {
		if part >= disturbed {
			spoilt++
		}
	}
	if len(parts) == 0 {
		return ""
	}
	s := newSpread(parts)
	return fmt.Sprintf("Other programs took %.0f %% of the machine's time meanwhile (median; at most %.0f %%); %d of %d measurements lost %.0f %% or more.\n",
		100*s.median, 100*s.most, spoilt, len(parts), 100*disturbed)
}

// machineText tells where, when and with what.
func (r report) machineText() string {
	m := r.Machine
	layout := "all share the same cores"
	if m.Cores.Proxy != "" {
		layout = fmt.Sprintf("origin on core %s, proxies on %s, load on %s", m.Cores.Origin, m.Cores.Proxy, m.Cores.Load)
	}
	var versions []string
	for _, v := range []struct{ name, title string }{{basePeer, "Caddy"}, {"nginx", "nginx"}, {"apache", "Apache"}, {"wrk", "wrk"}} {
		if text := m.Versions[v.name]; text != "" {
			versions = append(versions, v.title+" "+text)
		}
	}
	if m.Revision != "" {
		versions = append(versions, "this repository at "+m.Revision)
	}
	about := fmt.Sprintf("%s, Linux %s, %s; %s; %s. %d rounds of %v each, %s.\n",
		m.CPU, m.Kernel, m.Go, strings.Join(versions, ", "), layout, r.Setup.Rounds, r.Setup.Duration, m.Date.Format(time.DateOnly))
	return about + r.othersText()
}
