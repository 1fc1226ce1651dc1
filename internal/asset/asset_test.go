package asset_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/asset"
)

func TestNew(t *testing.T) {
	f, err := asset.New("desk.min.css", asset.CSS, []byte("body{}"))
	if err != nil {
		t.Fatal(err)
	}
	// printf 'body{}' | sha256sum.
	const sum = "7c98040a5416"
	if f.Name != "desk.min-"+f.Hash()+".css" || f.Hash() != asset.Hash([]byte("bo"), []byte("dy{}")) {
		t.Errorf("name %q, hash %q", f.Name, f.Hash())
	}
	if f.Hash() != sum {
		t.Errorf("hash %q, want %q", f.Hash(), sum)
	}
	if f.ContentType != "text/css; charset=utf-8" || len(f.Gzip) == 0 || len(f.Brotli) == 0 {
		t.Errorf("%+v", f)
	}
	if !regexp.MustCompile(`^sha256-[A-Za-z0-9+/]{43}=$`).MatchString(f.Integrity) {
		t.Errorf("integrity %q", f.Integrity)
	}
	again, err := asset.New("desk.min.css", asset.CSS, []byte("body{}"))
	if err != nil || string(again.Gzip) != string(f.Gzip) || string(again.Brotli) != string(f.Brotli) {
		t.Error("the compressed forms differ from run to run")
	}
}

func TestJSON(t *testing.T) {
	got, err := asset.JSON(map[string]string{"a": "</script>&\u2028\u2029é\U0001f600\x00\""})
	want := `{"a":"\u003c/script\u003e\u0026\u2028\u2029\u00e9\ud83d\ude00\u0000\""}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s (%v)\nwant %s", got, err, want)
	}
	if _, err := asset.JSON(func() {}); err == nil {
		t.Error("a function is encoded")
	}
}

func TestFill(t *testing.T) {
	got, err := asset.Fill([]byte("const s=__X__;"), "__X__", []int{1})
	if err != nil || string(got) != "const s=([1]);" {
		t.Errorf("%s, %v", got, err)
	}
	for _, script := range []string{"", "__X__ __X__"} {
		if _, err := asset.Fill([]byte(script), "__X__", 1); err == nil || !strings.Contains(err.Error(), "go generate") {
			t.Errorf("%q: error %v", script, err)
		}
	}
}

// FuzzJSON: the output is ASCII, cannot end or comment out a script, and
// decodes to what went in.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{"", "</script>", "<!--", "]]>", "\u2028", "é\U0001f600", "\xff", `\u003c`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out, err := asset.JSON(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range out {
			if c >= utf8.RuneSelf || c == '<' || c == '>' || c == '&' || c < ' ' {
				t.Fatalf("%q holds %q", out, c)
			}
		}
		var back string
		if err := json.Unmarshal(out, &back); err != nil || back != strings.ToValidUTF8(s, "\ufffd") && utf8.ValidString(s) {
			t.Fatalf("%q comes back as %q (%v)", s, back, err)
		}
	})
}
