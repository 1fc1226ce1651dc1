package token_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

// interopCase is a token, and whether Node's libraries must accept it.
type interopCase struct {
	name   string
	accept bool

	Token  string `json:"token"`
	Secret string `json:"secret"`
	Now    int64  `json:"now"`
}

// TestNodeLibraries lets jsonwebtoken and jose verify our tokens, lets them
// refuse what is none, and verifies what they sign. It needs Node and what
// `make node` installs, and fails without.
func TestNodeLibraries(t *testing.T) {
	const now, secret = 1760000000, "SDK_SECRET_dummy_zZ9 é会😀"
	config := token.Config{Key: "SDK_KEY", Secrets: []string{secret}, Now: func() time.Time { return time.Unix(now, 0) }}
	cobrowse, err := token.New(config)
	if err != nil {
		t.Fatal(err)
	}
	video, err := token.NewVideo(config)
	if err != nil {
		t.Fatal(err)
	}
	cases := interopCases(t, cobrowse, video, now, secret)
	for i, result := range runNode(t, cases) {
		c := cases[i]
		t.Run(c.name, func(t *testing.T) {
			checkLibrary(t, "jsonwebtoken", c, result.JSONWebToken)
			checkLibrary(t, "jose", c, result.Jose)
			if !c.accept {
				return
			}
			_, errCobrowse := cobrowse.Verify(result.Signed)
			_, errVideo := video.Verify(result.Signed)
			if isVideo := strings.HasPrefix(c.name, "video"); isVideo && errVideo != nil || !isVideo && errCobrowse != nil {
				t.Errorf("signed by jsonwebtoken: %v, %v", errCobrowse, errVideo)
			}
		})
	}
}

func interopCases(t *testing.T, cobrowse *token.Minter, video *token.VideoMinter, now int64, secret string) []interopCase {
	t.Helper()
	one := 1
	var cases []interopCase
	add := func(name string, accept bool, signed string, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, interopCase{name, accept, signed, secret, now})
	}
	customer, err := cobrowse.Mint(token.Grant{Role: token.RoleCustomer, Lifetime: time.Hour})
	add("cobrowse customer", true, customer, err)
	agent, err := cobrowse.Mint(token.Grant{Role: token.RoleAgent, UserID: "a-7", UserName: `Žluťoučký <b>&"' 😀`, Lifetime: 48 * time.Hour})
	add("cobrowse agent", true, agent, err)
	attendee, err := video.Mint(token.VideoGrant{SessionName: "Cool Cars", Lifetime: 30 * time.Minute})
	add("video attendee", true, attendee, err)
	host, err := video.Mint(token.VideoGrant{
		Role: token.RoleHost, SessionName: "会议\u2028😀", Lifetime: time.Hour, UserKey: "k", UserIdentity: "i", SessionKey: "s",
		GeoRegions: []string{"US", "DE"}, CloudRecordingOption: &one, CloudRecordingTranscriptOption: &one,
		TelemetryTrackingID: json.RawMessage(`{"a":[1]}`),
	})
	add("video host", true, host, err)

	part := strings.Split(customer, ".")
	add("claims of another token", false, part[0]+"."+strings.Split(agent, ".")[1]+"."+part[2], nil)
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	add("algorithm none", false, none+"."+part[1]+".", nil)
	cases = append(cases,
		interopCase{"another secret", false, customer, secret + "x", now},
		interopCase{"expired", false, customer, secret, now + 3601})
	return cases
}

// nodeResult is what the script prints for a case.
type nodeResult struct {
	JSONWebToken, Jose libraryResult
	Signed             string
}

type libraryResult struct {
	Payload map[string]any
	Error   string
}

func runNode(t *testing.T, cases []interopCase) []nodeResult {
	t.Helper()
	tools, err := filepath.Abs("../../tools/package.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(tools), "node_modules", "jose")); err != nil {
		t.Fatalf("jose is not installed (%v): run make node", err)
	}
	input, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("node", "testdata/interop.cjs", tools)
	command.Stdin = bytes.NewReader(input)
	var complaints bytes.Buffer
	command.Stderr = &complaints
	output, err := command.Output()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, &complaints)
	}
	var results []nodeResult
	if err := json.Unmarshal(output, &results); err != nil || len(results) != len(cases) {
		t.Fatalf("%d results for %d cases, %v: %s", len(results), len(cases), err, output)
	}
	return results
}

// checkLibrary compares a library's verdict, and the claims that it read.
func checkLibrary(t *testing.T, library string, c interopCase, got libraryResult) {
	t.Helper()
	if accepted := got.Error == ""; accepted != c.accept {
		t.Fatalf("%s: %+v", library, got)
	}
	if !c.accept {
		return
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(c.Token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]any
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Payload, want) {
		t.Errorf("%s read %v\nwant %v", library, got.Payload, want)
	}
}
