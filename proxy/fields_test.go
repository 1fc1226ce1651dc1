package proxy

import (
	"net/http"
	"testing"
)

// TestFields: each field that matters is known by its name, in the spelling of
// net/http, and no other is.
func TestFields(t *testing.T) {
	for f, name := range fieldNames {
		if got, ok := fieldOf(name); !ok || got != field(f) {
			t.Errorf("%s is field %d, want %d", name, got, f)
		}
		if http.CanonicalHeaderKey(name) != name {
			t.Errorf("%s is not spelled as net/http does", name)
		}
	}
	for _, name := range digests {
		if got, ok := fieldOf(name); !ok || got != fieldDigest {
			t.Errorf("%s is field %d, want %d", name, got, fieldDigest)
		}
	}
	if f, matters := fieldOf("Server"); matters {
		t.Errorf("Server is field %d, want none", f)
	}
}

// TestCopyFields: what was there before is gone, what is noted is what came, and
// a field is read as it is now.
func TestCopyFields(t *testing.T) {
	to := http.Header{"Server": {"Caddy"}, "Vary": {"Accept"}}
	h := siteHeader{Header: to, had: copyFields(to, http.Header{"Etag": {`"a"`}, "X-Site": {"1", "2"}})}
	if len(to) != 2 || len(to["X-Site"]) != 2 {
		t.Errorf("the copy is %v", to)
	}
	if !h.has(fieldETag) || h.has(fieldVary) || h.lines(fieldVary) != nil {
		t.Errorf("noted %b, of %v", h.had, to)
	}
	to["Etag"][0] = `"b"`
	if got := h.lines(fieldETag); len(got) != 1 || got[0] != `"b"` {
		t.Errorf("the field reads %q", got)
	}
}
