package sandbox

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func TestWithoutBundle(t *testing.T) {
	c := Config{Key: "k"}
	c.setDefaults()
	f, err := loadFiles(fstest.MapFS{"dist/README.md": {}}, &c)
	if err != nil || !f.missing {
		t.Fatalf("%v, missing %v", err, f.missing)
	}
	if !bytes.Contains(f.sdk.body, []byte("make sandbox")) || !bytes.Contains(f.sdk.body, []byte("1001")) {
		t.Errorf("the SDK says %s", f.sdk.body)
	}
	s := &Service{cfg: Config{Key: "k", Verify: func(string) (Claims, error) { return Claims{Role: RoleAgent}, nil }, ClientIP: c.ClientIP}, files: f, hub: newHub(c.Limits, c.Now, c.Rand)}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", pathDesk, nil))
	if w.Code != 503 || !strings.Contains(w.Body.String(), "make sandbox") || strings.Contains(w.Body.String(), "<script") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for _, name := range []string{toolkitJS, toolkitCSS} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", pathToolkit+"1/"+name, nil))
		if w.Code != 503 || !strings.Contains(w.Body.String(), "make sandbox") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestBrokenBundle(t *testing.T) {
	c := Config{Key: "k"}
	c.setDefaults()
	good := &fstest.MapFile{Data: []byte("f(__COBROWSE_SANDBOX__)")}
	for name, from := range map[string]fstest.MapFS{
		"settings are not asked for": {"dist/sdk.js": {Data: []byte("f()")}},
		"no desk":                    {"dist/sdk.js": good},
		"no style":                   {"dist/sdk.js": good, "dist/desk.js": {}},
		"an older one":               {"dist/sdk.js": good, "dist/desk.js": {}, "dist/desk.css": {}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := loadFiles(from, &c); err == nil {
				t.Error("no error")
			}
		})
	}
}
