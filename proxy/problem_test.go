package proxy

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestProblem(t *testing.T) {
	w := httptest.NewRecorder()
	writeProblem(w, http.StatusNotFound, "not-found", "Not found", "There is </script> nothing.")
	if w.Code != http.StatusNotFound {
		t.Errorf("status %d", w.Code)
	}
	for name, want := range map[string]string{
		"Content-Type":           "application/problem+json",
		"Cache-Control":          "no-store",
		"X-Content-Type-Options": "nosniff",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if strings.Contains(w.Body.String(), "</script>") {
		t.Errorf("not escaped: %s", w.Body)
	}
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"title": "Not found", "status": 404.0, "detail": "There is </script> nothing.", "code": "not-found"}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s: %v, want %v", name, got[name], value)
		}
	}
	if len(got) != len(want) {
		t.Errorf("members: %v", got)
	}
}

func TestProblemOfAnUnencodableValue(t *testing.T) {
	w := httptest.NewRecorder()
	writeJSON(w, http.StatusOK, "application/json", func() {})
	if w.Code != http.StatusInternalServerError || w.Body.String() != "{}\n" {
		t.Errorf("status %d, body %q", w.Code, w.Body)
	}
}
