package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// That a page carries the tag is verified once for each workload. That each of
// the pages whose time was taken carried it, our proxy's own counters tell: it
// counts every document by the word that X-Cobrowse would have, which is
// "injected" or the reason why not. They are read before and after, from an
// address of their own, so that the counting is what it always is.

// decisionForm matches a line of the Prometheus text format.
var decisionForm = regexp.MustCompile(`^caddy_cobrowse_injections_total\{result="([^"]*)"(?:,site="[^"]*")?\} (\S+)`)

// parseDecisions reads the counts by word.
func parseDecisions(text string) (map[string]int64, error) {
	counts := map[string]int64{}
	for line := range strings.Lines(text) {
		m := decisionForm.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		n, err := strconv.ParseFloat(m[2], 64) // large numbers come as 1.2e+06
		if err != nil {
			return nil, fmt.Errorf("reading the counter of %q: %w", m[1], err)
		}
		counts[m[1]] += int64(n) // of all sites
	}
	return counts, nil
}

// readDecisions fetches the counts of a running peer; one that does not count
// has none.
func readDecisions(ctx context.Context, p peer, address string) (map[string]int64, error) {
	if !p.counts {
		return nil, nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/", nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("reading the counters of %s: %w", p.name, err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the counters of %s: %w", p.name, err)
	}
	return parseDecisions(string(text))
}

// counting runs an action and returns what a peer decided meanwhile.
func (one running) counting(ctx context.Context, action func() error) (map[string]int64, error) {
	before, err := readDecisions(ctx, one.peer, one.counters)
	if err != nil {
		return nil, err
	}
	if err := action(); err != nil {
		return nil, err
	}
	counts, err := readDecisions(ctx, one.peer, one.counters)
	for word := range counts {
		counts[word] -= before[word]
	}
	return counts, err
}

// decisionTable has a row for each workload and section in which anything was
// counted.
func (r report) decisionTable() table {
	t := table{header: []string{"workload", "requests", "injected", "otherwise"}}
	for _, section := range sectionNames() {
		counts := r.Decisions[section]
		if len(counts) == 0 {
			continue
		}
		var all int64
		var otherwise []string
		for _, word := range slices.Sorted(maps.Keys(counts)) {
			all += counts[word]
			if word != "injected" {
				otherwise = append(otherwise, fmt.Sprintf("%s: %d", word, counts[word]))
			}
		}
		t.rows = append(t.rows, []string{
			section, strconv.FormatInt(all, 10), strconv.FormatInt(counts["injected"], 10),
			strings.Join(append(otherwise, none)[:max(len(otherwise), 1)], ", "),
		})
	}
	return t
}
