package samples

import (
	"fmt"
	"strings"
)

const pageHead = `# Compatibility with Zoom's samples

Written by ` + "`go test ./internal/token/samples -update`" + ` from the lists that the tests compare by; do not edit.

Zoom publishes small servers that hand out tokens, and teams build on them. Ours answer the same requests:

| Zoom's sample | Commit | Ours |
|---|---|---|
| ` + "`zoom/cobrowsesdk-auth-endpoint-sample`, main" + ` | 27548ba | ` + "`POST /_cobrowse/token`, `cobrowse-proxy token-server`" + ` |
| the same, branch byop | 9c5e2b8 | the same, where sessions bring their own PIN |
| ` + "`zoom/videosdk-auth-endpoint-sample`" + ` | f8a4164 | ` + "`POST /_cobrowse/video/token`" + `, where it is configured |
| ` + "`zoom/zoomapps-sample-js`" + ` | f357443 | the desk as a Zoom App |

The samples were run unchanged, with a frozen clock and dummy credentials; what they answered is in
` + "`proxy/testdata` and `internal/token/testdata`" + `, and every recorded case is a test of that name. ` + "`jsonwebtoken` and `jose`" + `
verify our tokens in a test.
`

// Page renders docs/compatibility.md.
func Page() string {
	var b strings.Builder
	b.WriteString(pageHead)
	b.WriteString("\n## The same: both token servers\n\n| Behaviour | Zoom's samples and ours |\n|---|---|\n")
	for _, s := range Same() {
		fmt.Fprintf(&b, "| %s | %s |\n", cell(s.Topic), cell(s.Sample))
	}
	b.WriteString("\n## Different on purpose: both token servers\n\n")
	writeTable(&b, Differences())
	b.WriteString("\n## The Zoom App\n\n")
	writeTable(&b, ZoomApps())
	b.WriteString("\n## Recorded cases that differ\n\n| Case | Because of | Our status |\n|---|---|--:|\n")
	for _, d := range Differences() {
		for _, c := range d.Cases {
			fmt.Fprintf(&b, "| `%s/%s` | %s | %d |\n", c.Suite, c.ID, cell(d.Topic), c.Status)
		}
	}
	return b.String()
}

func writeTable(b *strings.Builder, rows []Behaviour) {
	b.WriteString("| Behaviour | Zoom's sample | Ours | Why |\n|---|---|---|---|\n")
	for _, r := range rows {
		if r.Ours == "" {
			r.Ours = "the same"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", cell(r.Topic), cell(r.Sample), cell(r.Ours), cell(r.Why))
	}
}

// cell keeps a text from ending its table cell.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
