package proxy

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestVideoRoute: the route is there where it is configured, and nowhere else.
func TestVideoRoute(t *testing.T) {
	ask := func(t *testing.T, video *VideoConfig) *httptest.ResponseRecorder {
		t.Helper()
		m := newTestMiddleware(t, Config{Video: video})
		t.Cleanup(func() { _ = m.Close() })
		r := httptest.NewRequest(http.MethodPost, "/_cobrowse/video/token", strings.NewReader(`{"role":0,"sessionName":"help-1"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		w := httptest.NewRecorder()
		err := m.ServeHTTP(w, r, func(http.ResponseWriter, *http.Request) error {
			t.Error("the request reached the site")
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		return w
	}
	if w := ask(t, nil); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), `"code":"not-found"`) {
		t.Errorf("off: %d %s", w.Code, w.Body)
	}
	on := &VideoConfig{SDKKey: "VIDEO_SDK_KEY", SDKSecrets: []string{videoSecret}, Customers: true}
	if w := ask(t, on); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `{"signature":"ey`) {
		t.Errorf("on: %d %s", w.Code, w.Body)
	}
	if _, err := New(testConfig(Config{Video: &VideoConfig{SDKKey: "VIDEO_SDK_KEY"}})); err == nil || !strings.Contains(err.Error(), "policy") {
		t.Errorf("without a policy: %v", err)
	}
}
