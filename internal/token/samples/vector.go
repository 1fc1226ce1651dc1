// Package samples knows what Zoom's sample servers answer, and where ours differ
// on purpose.
//
// # Why
//
// Teams that run one of Zoom's samples should be able to put ours in its place.
// So the samples were run unchanged, and what they answered is kept as data
// (testdata in package token and package proxy). Each difference is written down
// once, here, with its reason: the tests compare by this list, and
// docs/compatibility.md is rendered from it. A difference that is not in the list
// fails a test, and so does an entry that no longer makes a difference.
//
// # How
//
//	suite, err := samples.Load("testdata/video-f8a4164.json")
//	for _, c := range suite.Cases {
//		// send c.Request to the code under test, then
//		for _, fault := range suite.Compare(&c, samples.Answer{…}) { t.Error(fault) }
//	}
//
// The package is for tests and for the page only: nothing of it is in the binary.
package samples

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
)

// FieldError is an entry of the samples' error list.
type FieldError struct {
	Property string `json:"property"`
	Reason   string `json:"reason"`
}

// Case is one request to a sample, and its answer.
type Case struct {
	ID, Why string
	Request struct {
		Method, Path string
		Headers      map[string]string
		Body         *string
		BodyBase64   *string `json:"body_base64"`
		BodyBuild    *struct {
			Prefix, Repeat, Suffix string
			Count                  int
		} `json:"body_build"`
	}
	Response struct {
		Status int
		// JSON is nil where the sample answers with HTML or nothing.
		JSON *struct {
			Token, Signature string
			Errors           []FieldError
		}
	}
	// Decoded is of the token in the response, where there is one.
	Decoded *struct{ Header, Payload map[string]any }
}

// Body returns the request's body, nil where it has none.
func (c *Case) Body() ([]byte, error) {
	switch {
	case c.Request.BodyBuild != nil:
		b := c.Request.BodyBuild
		return []byte(b.Prefix + strings.Repeat(b.Repeat, b.Count) + b.Suffix), nil
	case c.Request.BodyBase64 != nil:
		return base64.StdEncoding.DecodeString(*c.Request.BodyBase64)
	case c.Request.Body != nil:
		return []byte(*c.Request.Body), nil
	}
	return nil, nil
}

// Suite is what one sample answered.
type Suite struct {
	// Name is one of the names that [Differences] uses.
	Name string `json:"suite"`
	// FrozenMS is the sample's clock, in milliseconds since 1970.
	FrozenMS int64 `json:"frozen_ms"`
	// Env are the sample's credentials.
	Env   map[string]string
	Count int
	Cases []Case
}

// Load reads a suite, and refuses one that is not whole.
func Load(path string) (*Suite, error) {
	raw, err := os.ReadFile(path) //nolint:gosec // G304: a test names its own data
	if err != nil {
		return nil, err
	}
	var suite Suite
	if err := json.Unmarshal(raw, &suite); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if suite.Count == 0 || len(suite.Cases) != suite.Count {
		return nil, fmt.Errorf("%s: %d cases, but the file says %d", path, len(suite.Cases), suite.Count)
	}
	return &suite, suite.checkDifferences()
}

// checkDifferences wants every difference of the suite to be one of a case.
func (s *Suite) checkDifferences() error {
	cases := make(map[string]bool, len(s.Cases))
	for _, c := range s.Cases {
		cases[c.ID] = true
	}
	var errs []error
	for _, d := range Differences() {
		for _, c := range d.Cases {
			if c.Suite == s.Name && !cases[c.ID] {
				errs = append(errs, fmt.Errorf("difference %q names %s, which is no case of %s", d.Topic, c.ID, s.Name))
			}
		}
	}
	return errors.Join(errs...)
}
