package inject

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const csp = "<meta http-equiv=content-security-policy content=%s>"

func policyMeta(content string) string { return fmt.Sprintf(csp, content) }

// TestPolicies: which meta elements count, and whether the end of head was
// seen. All is asked of x/net/html too.
func TestPolicies(t *testing.T) {
	one := policyMeta("one")
	for name, c := range map[string]struct {
		doc  string
		want []string
		open bool // head is not at its end with the document's text
	}{
		"none":                           {doc: "<head><meta charset=utf-8></head>"},
		"one":                            {doc: "<head>" + one + "</head><body>", want: []string{"one"}},
		"two":                            {doc: "<head>" + one + policyMeta("'two'") + "<body>", want: []string{"one", "two"}},
		"no head tag":                    {doc: one + "<p>", want: []string{"one"}},
		"after head":                     {doc: "<head></head>" + one + "<body>" + policyMeta("two"), want: []string{"one"}},
		"in body":                        {doc: "<head></head><body>" + one},
		"after text":                     {doc: "<head></head>x" + one},
		"after a paragraph":              {doc: "<head><p>" + one},
		"after a reference to text":      {doc: "<head>&amp;" + one},
		"after references to space":      {doc: "<head>&#32;&Tab;" + one + "x", want: []string{"one"}},
		"after </br>":                    {doc: "<head></br>" + one},
		"after ignored tags":             {doc: "<head></p></title><head><html></template>" + one + "<body>", want: []string{"one"}},
		"in a comment":                   {doc: "<head><!-- " + one + " --></head><body>"},
		"in a bogus comment":             {doc: "<head><!x " + one + "</head><body>"},
		"in noscript":                    {doc: "<head><noscript>" + one + "</noscript></head><body>"},
		"after noscript":                 {doc: "<head><noscript><p></noscript>" + one + "</head><body>", want: []string{"one"}},
		"after head's noscript":          {doc: "<head></head><noscript></noscript>" + one},
		"in template":                    {doc: "<head><template>" + one + "</template></head><body>"},
		"after template":                 {doc: "<head><template><p>x &amp;<template></template></head><body></template>" + one + "<body>", want: []string{"one"}},
		"after template with script":     {doc: "<head><template><script></template></script><textarea></template></textarea></template>" + one + "<body>", want: []string{"one"}},
		"in title":                       {doc: "<head><title>" + one + "</title></head><body>"},
		"after title":                    {doc: "<head><title><b></titl></titlex></title/>" + one + "<body>", want: []string{"one"}},
		"in style":                       {doc: "<head><style>" + one + "</style></head><body>"},
		"in noframes":                    {doc: "<head><noframes>" + one + "</noframes ></head><body>"},
		"in script":                      {doc: "<head><script>" + one + "</script></head><body>"},
		"in escaped script":              {doc: "<head><script><!--<script>" + one + "</script>" + one + "--></script></head><body>"},
		"after escaped script":           {doc: "<head><script><!-- </script>" + one + "--></script><body>", want: []string{"one"}},
		"after twice escaped script":     {doc: "<head><script><!--<script>-</script>-</script>" + one + "<body>", want: []string{"one"}},
		"after script escaped in vain":   {doc: "<head><script><!--><script></script>" + one + "<body>", want: []string{"one"}},
		"after script escaped for dash":  {doc: "<head><script><!---><script></script>" + one + "<body>", want: []string{"one"}},
		"after script with scriptx":      {doc: "<head><script><!--<scriptx></script>" + one + "<body>", want: []string{"one"}},
		"after script with < and -":      {doc: "<head><script><!-<!x<!-- - -- <1 </x </scriptx ---> </script>" + one + "<body>", want: []string{"one"}},
		"after frameset":                 {doc: "<frameset>" + one},
		"in svg":                         {doc: "<head><svg>" + one},
		"unfinished":                     {doc: "<head>" + one[:len(one)-1]},
		"end tag":                        {doc: "<head></meta http-equiv=content-security-policy content=x></head><body>"},
		"no content":                     {doc: "<head><meta http-equiv=content-security-policy><meta http-equiv=content-security-policy content=''></head><body>"},
		"report-only does not exist":     {doc: "<head><meta http-equiv=content-security-policy-report-only content=x></head><body>"},
		"name instead of http-equiv":     {doc: "<head><meta name=content-security-policy content=http-equiv></head><body>"},
		"first attribute counts":         {doc: "<head><meta http-equiv=x http-equiv=content-security-policy content=x><meta content=a content=b http-equiv=Content-Security-Policy></head><body>", want: []string{"a"}},
		"references in http-equiv":       {doc: "<head><meta http-equiv='content&#45;security-policy' content=a></head><body>", want: []string{"a"}},
		"references":                     {doc: `<head><meta http-equiv=Content-Security-Policy content="script-src &apos;self&#39 &quot;&amp;copy=1&copy=1&copy; &#x41;"></head><body>`, want: []string{"script-src 'self' \"&copy=1&copy=1© A"}},
		"line breaks":                    {doc: "<head><meta http-equiv=content-security-policy content='a\r\nb\rc'></head><body>", want: []string{"a\nb\nc"}},
		"slash in an unquoted value":     {doc: "<head><meta http-equiv=content-security-policy content=https://x/></head><body>", want: []string{"https://x/"}},
		"document ends in head":          {doc: "<head>" + one, want: []string{"one"}},
		"document ends in head's script": {doc: "<head>" + one + "<script>", want: []string{"one"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, n := range []int{1, 5, 1 << 20} {
				_, head := rewrite(t, Options{Charset: "utf-8"}, []byte(c.doc), pieces(n))
				if !slices.Equal(head.Policies, c.want) || !head.Complete {
					t.Errorf("in pieces of %d: %+v, want %q", n, head, c.want)
				}
			}
			if got := headPolicies([]byte(c.doc)); !slices.Equal(got, c.want) {
				t.Errorf("x/net/html: %q", got)
			}
		})
	}
}

// TestEditPolicies: only the value changes, everything else is as it was.
func TestEditPolicies(t *testing.T) {
	for _, c := range []struct{ before, policy, after string }{
		{`<meta http-equiv="Content-Security-Policy" content="default-src 'self'">`, `default-src 'self'`, `<meta http-equiv="Content-Security-Policy" content="%s">`},
		{`<META CONTENT='img-src &quot;' data-x='>'  HTTP-EQUIV = content-security-policy / >`, `img-src "`, `<META CONTENT='%s' data-x='>'  HTTP-EQUIV = content-security-policy / >`},
		{`<meta http-equiv=content-security-policy content=img-src>`, `img-src`, `<meta http-equiv=content-security-policy content="%s">`},
		{`<meta http-equiv=content-security-policy content=img-src/>`, `img-src/`, `<meta http-equiv=content-security-policy content="%s">`},
		{`<meta content = img-src http-equiv=content-security-policy>`, `img-src`, `<meta content = "%s" http-equiv=content-security-policy>`},
	} {
		const fresh = `script-src 'self' "&amp;`
		written := map[bool]string{false: `script-src 'self' &#34;&amp;amp;`, true: `script-src &#39;self&#39; "&amp;amp;`}[strings.Contains(c.after, `'%s'`)]
		doc := "<!DOCTYPE html><head><title>x</title>\n" + c.before + "<link>" + c.before + "</head><body>" + c.before
		edited := fmt.Sprintf(c.after, written)
		for name, e := range map[string]struct {
			policies []string
			want     [2]string
		}{
			"both":         {[]string{fresh, fresh}, [2]string{edited, edited}},
			"second":       {[]string{c.policy, fresh}, [2]string{c.before, edited}},
			"first":        {[]string{fresh, c.policy}, [2]string{edited, c.before}},
			"neither":      {[]string{c.policy, c.policy}, [2]string{c.before, c.before}},
			"nil":          {nil, [2]string{c.before, c.before}},
			"wrong number": {[]string{fresh}, [2]string{c.before, c.before}},
		} {
			want := "<!DOCTYPE html><head>" + testTag + "<title>x</title>\n" + e.want[0] + "<link>" + e.want[1] + "</head><body>" + c.before
			for _, n := range []int{1, 1 << 20} {
				d := &document{Options: Options{Charset: "utf-8"}, cut: pieces(n)}
				d.edit = func(h *Head) Edit {
					if !slices.Equal(h.Policies, []string{c.policy, c.policy}) {
						t.Errorf("policies: %q", h.Policies)
					}
					return Edit{Tag: testTag, Policies: e.policies}
				}
				if err := d.run([]byte(doc)); err != nil {
					t.Fatal(err)
				}
				if d.out.String() != want {
					t.Errorf("%s, %s:\ngot  %s\nwant %s", c.before, name, d.out.String(), want)
				}
				if growth, exact := d.rw.Growth(); growth != int64(len(want)-len(doc)) || !exact {
					t.Errorf("growth %d %v, want %d", growth, exact, len(want)-len(doc))
				}
			}
			if len(e.policies) == 2 {
				if got := headPolicies([]byte(want)); !slices.Equal(got, e.policies) {
					t.Errorf("%s, %s: a browser reads %q", c.before, name, got)
				}
			}
		}
	}
}

// TestForeignPolicies: the page's own bytes stay in any encoding, and what
// could not be written back is left alone.
func TestForeignPolicies(t *testing.T) {
	for _, c := range []struct{ charset, value, want string }{
		{"shift_jis", "img-src \x83\x5c", "img-src \x83\x5c x"}, // a trail byte that is a backslash
		{"shift_jis", "img-src &eacute;", "img-src &eacute;"},
		{"", "img-src &eacute;", "img-src &eacute;"},
		{"utf-8", "img-src &eacute;", "img-src é x"},
		{"utf-8", "img-src é", "img-src é x"},
	} {
		doc := "<head>" + policyMeta(`"`+c.value+`"`) + "</head><body>"
		d := &document{Options: Options{Charset: c.charset}, edit: func(h *Head) Edit {
			return Edit{Tag: testTag, Policies: []string{h.Policies[0] + " x"}}
		}}
		if err := d.run([]byte(doc)); err != nil {
			t.Fatal(err)
		}
		if want := "<head>" + testTag + policyMeta(`"`+c.want+`"`) + "</head><body>"; d.out.String() != want {
			t.Errorf("%s: %q, want %q", c.charset, d.out.String(), want)
		}
	}
}
