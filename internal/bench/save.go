package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// resultsFormat changes when a saved file of before can no longer be read.
const resultsFormat = 1

// errFormat is wrapped where a file is none that -save wrote.
var errFormat = errors.New("not results that this program has saved")

// save writes results to a file, as JSON.
func save(file string, r *results) error {
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return fmt.Errorf("saving results: %w", err)
	}
	return os.WriteFile(file, append(text, '\n'), 0o644) // #nosec G306 -- a document
}

// restore reads what save wrote. Results without the base of their ratios say
// nothing, and are refused.
func restore(file string) (*results, error) {
	text, err := os.ReadFile(file) // #nosec G304 -- the user's own argument
	if err != nil {
		return nil, err
	}
	r := new(results)
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", file, errFormat, err)
	}
	if r.Format != resultsFormat || len(r.Setup.Peers) == 0 || r.Setup.Peers[0] != basePeer {
		return nil, fmt.Errorf("%s: %w (format %d, this is %d)", file, errFormat, r.Format, resultsFormat)
	}
	return r, nil
}
