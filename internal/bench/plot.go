package main

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

// plot draws ratios to plain Caddy on a logarithmic axis: a band for each
// workload, and in it a line for each proxy, from the least to the most of its
// rounds, with a mark at the median.
type plot struct {
	title, note string
	peers       []string
	rows        []plotRow
}

// plotRow is a band; marks are by peer, in the order of plot.peers.
type plotRow struct {
	name  string
	marks []plotMark
}

type plotMark struct {
	spread[float64]
	// more says that the proxy could do more than was measured.
	more bool
}

const plotTitle = "Requests a second, as a ratio to plain Caddy passing the same bytes"

// plot leaves out plain Caddy, which is the line at 1.
func (r report) plot() plot {
	p := plot{
		title: plotTitle,
		note:  "Median of the rounds, and least to most. Further right is better. Hollow: the origin or the load generator was the limit.",
		peers: r.Setup.Peers[1:],
	}
	for _, w := range r.workloads() {
		row, measured := plotRow{name: w.name}, false
		for _, name := range p.peers {
			mark := plotMark{r.rates(w.name, name), r.limited(w.name, name)}
			measured = measured || mark.n > 0
			row.marks = append(row.marks, mark)
		}
		if measured {
			p.rows = append(p.rows, row)
		}
	}
	return p
}

// Measures of the picture, in pixels.
const (
	plotWidth  = 880
	plotLeft   = 140 // of the names
	plotRight  = 840
	plotTop    = 108
	plotLane   = 12 // of a proxy
	plotGap    = 12 // between bands
	plotBottom = 40
)

// plotTicks are where the axis may have a line.
var plotTicks = []float64{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100}

// plotStyle has the colours of Okabe and Ito, which people who see colours
// differently can tell apart, and brighter ones in the dark; shapes tell the
// proxies apart, too. The picture has a ground of its own: on GitHub it is shown
// in an img, which knows the system's colours but not the page's.
const plotStyle = `
svg{--ground:#fff;--band:#f6f8fa;--text:#1f2328;--faint:#59636e;--grid:#d1d9e0;--c0:#0072b2;--c1:#008060;--c2:#c65300;--c3:#59636e;--c4:#b3578c}
@media (prefers-color-scheme:dark){svg{--ground:#0d1117;--band:#151b23;--text:#f0f6fc;--faint:#9198a1;--grid:#3d444d;--c0:#56b4e9;--c1:#2fc99a;--c2:#ff8a3d;--c3:#9198a1;--c4:#e79cc5}}
text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:var(--text)}
.title{font-size:16px;font-weight:600}.faint{fill:var(--faint)}.value{font-weight:600;fill:var(--c0);paint-order:stroke;stroke:var(--ground);stroke-width:4px;stroke-linejoin:round}
.end{text-anchor:end}.middle{text-anchor:middle}
.mark{stroke-width:2;stroke-linecap:round;stroke-linejoin:round}.hollow .shape{fill:var(--ground)}
`

// plotShapes are drawn around 0,0.
var plotShapes = []string{
	`<circle class="shape" r="4.5"/>`,
	`<rect class="shape" x="-3.5" y="-3.5" width="7" height="7"/>`,
	`<path class="shape" d="M0-5 5 0 0 5-5 0z"/>`,
	`<path class="shape" d="M0-4.5 4.5 4-4.5 4z"/>`,
	`<path class="shape" d="M0 4.5 4.5-4-4.5-4z"/>`,
}

// svg is the picture. Colours and shapes repeat after the fifth proxy.
func (p plot) svg() string {
	band := plotLane*len(p.peers) + plotGap
	height := plotTop + band*len(p.rows) + plotBottom
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" width="%[1]d" height="%[2]d" role="img" aria-labelledby="t d">`+"\n", plotWidth, height)
	fmt.Fprintf(&b, "<title id=\"t\">%s</title>\n<desc id=\"d\">%s</desc>\n", html.EscapeString(p.title), html.EscapeString(p.note))
	fmt.Fprintf(&b, "<style>%s</style>\n", plotStyle)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" rx="6" fill="var(--ground)"/>`+"\n", plotWidth, height)
	fmt.Fprintf(&b, `<text class="title" x="16" y="28">%s</text><text class="faint" x="16" y="48">%s</text>`+"\n", html.EscapeString(p.title), html.EscapeString(p.note))
	p.legend(&b)
	for i, row := range p.rows {
		y := plotTop + band*i
		if i%2 == 0 {
			fmt.Fprintf(&b, `<rect x="8" y="%d" width="%d" height="%d" fill="var(--band)"/>`+"\n", y, plotWidth-16, band)
		}
		fmt.Fprintf(&b, `<text class="end" x="%d" y="%d">%s</text>`+"\n", plotLeft-12, y+band/2+4, html.EscapeString(row.name))
	}
	x := p.axis()
	x.draw(&b, plotTop, plotTop+band*len(p.rows))
	for i, row := range p.rows {
		for lane, mark := range row.marks {
			p.mark(&b, x, lane, mark, plotTop+band*i+plotGap/2+plotLane*lane+plotLane/2)
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// legend names the proxies, with their marks. Letters are about 7 pixels wide.
func (p plot) legend(b *strings.Builder) {
	at := 24
	for i, name := range p.peers {
		fmt.Fprintf(b, `<g transform="translate(%d 72)"><g class="mark" stroke="var(--c%d)" fill="var(--c%[2]d)">%s</g><text x="12" y="4">%s</text></g>`+"\n",
			at, i%len(plotShapes), plotShapes[i%len(plotShapes)], html.EscapeString(peerTitles[name]))
		at += 40 + 7*len(peerTitles[name])
	}
}

// mark draws one proxy of a band. Ours, and it alone, has its value beside it.
func (p plot) mark(b *strings.Builder, x logAxis, lane int, m plotMark, y int) {
	if m.n == 0 {
		return
	}
	class := "mark"
	if m.more {
		class = "mark hollow"
	}
	i := lane % len(plotShapes)
	fmt.Fprintf(b, `<g class="%s" stroke="var(--c%d)" fill="var(--c%[2]d)"><path d="M%.1f %dH%.1f"/><g transform="translate(%.1f %[4]d)">%[7]s</g></g>`,
		class, i, x.at(m.least), y, x.at(m.most), x.at(m.median), plotShapes[i])
	if p.peers[lane] == ourPeer {
		fmt.Fprintf(b, `<text class="value" x="%.1f" y="%d">%.2f</text>`, max(x.at(m.most), x.at(m.median)+5)+7, y+4, m.median)
	}
	b.WriteByte('\n')
}

// logAxis maps ratios to pixels.
type logAxis struct{ ticks []float64 }

// axis reaches from the tick below the least value to the one above the most;
// 1 is always within.
func (p plot) axis() logAxis {
	least, most := 1.0, 1.0
	for _, row := range p.rows {
		for _, m := range row.marks {
			if m.n > 0 {
				least, most = min(least, m.least), max(most, m.most)
			}
		}
	}
	last := len(plotTicks) - 1
	from := max(0, slices.IndexFunc(plotTicks, func(t float64) bool { return t > least })-1)
	to := slices.IndexFunc(plotTicks, func(t float64) bool { return t >= most })
	if to < 0 {
		to = last
	}
	if from == to { // all ratios are 1
		from, to = max(0, from-1), min(last, to+1)
	}
	return logAxis{plotTicks[from : to+1]}
}

// at keeps what is beyond the outermost ticks at the edge.
func (x logAxis) at(ratio float64) float64 {
	least, most := x.ticks[0], x.ticks[len(x.ticks)-1]
	part := math.Log(min(max(ratio, least), most)/least) / math.Log(most/least)
	return plotLeft + part*(plotRight-plotLeft)
}

// draw rules the lines, with their values above and below.
func (x logAxis) draw(b *strings.Builder, top, bottom int) {
	for _, t := range x.ticks {
		at, stroke := x.at(t), `stroke="var(--grid)"`
		text, class := fmt.Sprintf("%g", t), "faint middle"
		if t == 1 {
			stroke, class = `stroke="var(--text)" stroke-width="1.5"`, "middle"
		}
		fmt.Fprintf(b, `<path d="M%.1f %dV%d" %s/><text class="%s" x="%.1[1]f" y="%[6]d">%[7]s</text><text class="%[5]s" x="%.1[1]f" y="%[8]d">%[7]s</text>`+"\n",
			at, top, bottom, stroke, class, top-6, text, bottom+16)
	}
	fmt.Fprintf(b, `<text class="middle" x="%.1f" y="%d">plain Caddy</text>`+"\n", x.at(1), bottom+31)
}
