package proxy

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestSessionLog lives through everything that is logged of sessions. No line
// has a PIN, right or wrong, or a ticket, and docs/metrics.md knows every
// message and every field.
func TestSessionLog(t *testing.T) {
	var log lockedLog
	o := newOffice(t, func(c *Config) {
		c.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: withoutTime}))
		c.RequestID = func(*http.Request) string { return "request-1" }
		c.Customer.Identify = func(*http.Request) (string, string) { return "customer-1", "Ida" }
		c.Desk.Limits.TriesPerAgent = SessionRate{Max: 2, Window: time.Minute}
	})
	const right, wrong = "482913", "735551"
	id, ticket := o.waiting(right)
	for range 3 {
		o.refused(http.StatusForbidden, "pin-refused", "desk/join", map[string]string{"pin": wrong}, "Agent", "Eve")
	}
	o.refused(http.StatusServiceUnavailable, "unavailable", "desk/join", map[string]string{"pin": right}, "Agent", "down")
	o.fail = errors.New("disk full")
	o.refused(http.StatusServiceUnavailable, "unavailable", "desk/join", map[string]string{"pin": right}, "Agent", "Ann")
	o.fail = nil
	o.must(http.StatusOK, "desk/join", map[string]string{"pin": right}, "Agent", "Ann")
	if status, _ := o.post("desk/end", map[string]string{"id": id}, "Agent", "Ann", "Boss", "yes"); status != http.StatusNoContent {
		t.Errorf("end: %d", status)
	}

	text := log.String()
	for name, secret := range map[string]string{"the PIN": right, "a wrong PIN": wrong, "the ticket": ticket, "a token": "eyJ", "the secret": vectorSecret} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is in the log:\n%s", name, text)
		}
	}
	page, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	fields := make(map[string]bool)
	for line := range strings.Lines(text) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if message := entry["msg"].(string); !strings.Contains(string(page), "`"+message+"`") {
			t.Errorf("docs/metrics.md does not tell of %q", message)
		} else if message == "cobrowse record" {
			for field := range entry {
				fields[field] = true
			}
		}
	}
	for field := range fields {
		if !slices.Contains([]string{"level", "msg"}, field) && !strings.Contains(string(page), "`"+field+"`") {
			t.Errorf("docs/metrics.md does not tell of the field %q", field)
		}
	}
	if len(fields) < 2+9 {
		t.Errorf("only the fields %v were seen", fields)
	}
}

// withoutTime drops the time of log lines, whose digits could be a PIN's.
func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
