package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/examples/internal/program"
)

// The program is fetched once while a ticker is open, which would run for ever,
// and is stopped by a signal.
func TestProgramServesAndStops(t *testing.T) {
	p := program.Start(t, program.Build(t, "."), nil, "-listen", "127.0.0.1:0")
	base := p.Address(t)
	ticker, err := http.Get(base + "/ticker/events")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ticker.Body.Close() }()
	if status, _, page := program.GetDocument(t, base+"/", "", ""); status != http.StatusOK || !strings.Contains(page, "Savings Bank") {
		t.Errorf("home page: status %d, %d bytes", status, len(page))
	}
	p.Stop(t)
}
