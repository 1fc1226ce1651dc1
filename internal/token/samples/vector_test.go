package samples_test

import (
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token/samples"
)

// TestCompareFinds: the sample's own answer is right, but where we differ on
// purpose; a changed one is wrong.
func TestCompareFinds(t *testing.T) {
	suite, err := samples.Load("../testdata/video-f8a4164.json")
	if err != nil {
		t.Fatal(err)
	}
	differing := map[string]bool{}
	for _, d := range samples.Differences() {
		for _, c := range d.Cases {
			differing[c.Suite+"/"+c.ID] = true
		}
	}
	for _, c := range suite.Cases {
		answer := samples.Answer{Status: c.Response.Status, Secret: suite.Env["ZOOM_VIDEO_SDK_SECRET"]}
		if c.Response.JSON != nil {
			answer.Signed, answer.Errors = c.Response.JSON.Signature, c.Response.JSON.Errors
		}
		faults := suite.Compare(&c, answer)
		if wrong := len(faults) > 0; wrong != differing[suite.Name+"/"+c.ID] {
			t.Errorf("%s: the sample's answer: %v", c.ID, faults)
		}
		if answer.Signed == "" {
			continue
		}
		// The claims in another order of parts, the wrong key, one more claim.
		changed := answer
		changed.Secret = "another"
		if len(suite.Compare(&c, changed)) == 0 {
			t.Errorf("%s: the wrong key is not noticed", c.ID)
		}
		changed = answer
		parts := strings.Split(changed.Signed, ".")
		changed.Signed = parts[0] + "." + parts[0] + "." + parts[2]
		if len(suite.Compare(&c, changed)) == 0 {
			t.Errorf("%s: other claims are not noticed", c.ID)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, path := range []string{"no-such-file.json", "vector.go"} {
		if _, err := samples.Load(path); err == nil {
			t.Errorf("%s loads", path)
		}
	}
}
