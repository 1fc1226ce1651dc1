package audit

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

// eventsOf returns what happened according to a file, and where.
func eventsOf(t *testing.T, path string) (list []string) {
	t.Helper()
	for _, l := range parsed(t, path) {
		list = append(list, strings.TrimSpace(l.Event+" "+l.Site))
	}
	return list
}

// TestConfigured: a line for each change of a site's settings, over restarts, and
// none for what is as it was.
func TestConfigured(t *testing.T) {
	cfg := testConfig(t)
	w := open(t, cfg)
	configured := func(site, settings string) {
		t.Helper()
		if err := w.Configured(t.Context(), site, []byte(settings)); err != nil {
			t.Fatal(err)
		}
	}
	configured("shop", "hunter2")
	configured("shop", "hunter2")
	configured("blog", "hunter2")
	configured("shop", "changed")
	if err := w.Append(t.Context(), Record{Event: EventTokenIssued, Outcome: Success}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w = open(t, cfg)
	configured("shop", "changed")
	configured("blog", "hunter2")
	configured("shop", "hunter2")
	want := []string{
		"audit.file", "config.changed shop", "config.changed blog", "config.changed shop", "token.issued", "config.changed shop",
	}
	if got := eventsOf(t, cfg.Path); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if err := VerifyFiles(io.Discard, keys, cfg.Path); err != nil {
		t.Error(err)
	}
	if data, _ := os.ReadFile(cfg.Path); strings.Contains(string(data), "hunter2") {
		t.Error("the settings stand in the file")
	}
	if testKey.settingsHash([]byte("hunter2")) == otherKey.settingsHash([]byte("hunter2")) {
		t.Error("whoever has another key can try out settings")
	}

	cfg.Key = otherKey
	if err := w.Reconfigure(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	configured("shop", "hunter2")
	if got := eventsOf(t, cfg.Path); !slices.Equal(got, []string{"audit.file", "config.changed shop"}) {
		t.Errorf("with another key: %q", got)
	}
}

// TestConfiguredFails: what could not be written is written the next time.
func TestConfiguredFails(t *testing.T) {
	cfg := testConfig(t)
	w := open(t, cfg)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Configured(gone, "shop", []byte("a")); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	if err := w.Configured(t.Context(), "shop", []byte("a")); err != nil {
		t.Error(err)
	}
	if got := eventsOf(t, cfg.Path); len(got) != 2 {
		t.Errorf("%q", got)
	}
	if err := w.Append(t.Context(), Record{Event: EventConfigChanged, Outcome: Success, ConfigHash: "hunter2"}); !errors.Is(err, ErrInvalidRecord) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("settings in the place of their hash: %v", err)
	}
}
