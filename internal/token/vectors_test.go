package token_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token/samples"
)

// TestVectors answers every recorded case whose body reaches the parser, with
// ParseRequest and Mint alone. Over HTTP, package proxy answers all of them.
func TestVectors(t *testing.T) {
	for _, test := range []struct {
		path, prefix string
		make         func(*testing.T, token.Config) func([]byte) (string, error)
	}{
		{"../../proxy/testdata/cobrowse-main.json", "ZOOM_SDK_", cobrowseAnswers(false)},
		{"testdata/cobrowse-byop.json", "ZOOM_SDK_", cobrowseAnswers(true)},
		{"testdata/video-f8a4164.json", "ZOOM_VIDEO_SDK_", videoAnswers},
	} {
		suite, err := samples.Load(test.path)
		if err != nil {
			t.Fatal(err)
		}
		secret := suite.Env[test.prefix+"SECRET"]
		answer := test.make(t, token.Config{
			Key:     suite.Env[test.prefix+"KEY"],
			Secrets: []string{secret},
			Now:     func() time.Time { return time.UnixMilli(suite.FrozenMS) },
		})
		reached := 0
		for _, c := range suite.Cases {
			if !reachesParser(&c) {
				continue
			}
			reached++
			t.Run(suite.Name+"/"+c.ID, func(t *testing.T) {
				body, err := c.Body()
				if err != nil {
					t.Fatal(err)
				}
				got := samples.Answer{Status: http.StatusOK, Secret: secret}
				got.Signed, err = answer(body)
				if err != nil {
					got.Status = http.StatusBadRequest
				}
				var faults token.FieldErrors
				errors.As(err, &faults)
				for _, f := range faults {
					got.Errors = append(got.Errors, samples.FieldError(f))
				}
				for _, fault := range suite.Compare(&c, got) {
					t.Error(fault)
				}
			})
		}
		if reached < suite.Count*3/4 {
			t.Errorf("%s: only %d of %d cases reach the parser", suite.Name, reached, suite.Count)
		}
	}
}

// reachesParser leaves out what the transport decides.
func reachesParser(c *samples.Case) bool {
	return c.Request.Method == http.MethodPost && strings.Split(c.Request.Path, "?")[0] == "/" &&
		c.Request.Headers["content-type"] == "application/json" && c.Request.Headers["content-encoding"] == "" &&
		c.Request.BodyBuild == nil
}

func cobrowseAnswers(byop bool) func(*testing.T, token.Config) func([]byte) (string, error) {
	return func(t *testing.T, c token.Config) func([]byte) (string, error) {
		c.BYOP = byop
		minter, err := token.New(c)
		if err != nil {
			t.Fatal(err)
		}
		return func(body []byte) (string, error) {
			request, err := token.ParseRequest(body)
			if err != nil {
				return "", err
			}
			if request.Lifetime == 0 {
				request.Lifetime = 2 * time.Hour // the sample's
			}
			return minter.Mint(token.Grant{
				Role: request.Role, UserID: request.UserID, UserName: request.UserName, Lifetime: request.Lifetime,
			})
		}
	}
}

func videoAnswers(t *testing.T, c token.Config) func([]byte) (string, error) {
	minter, err := token.NewVideo(c)
	if err != nil {
		t.Fatal(err)
	}
	return func(body []byte) (string, error) {
		grant, err := token.ParseVideoRequest(body)
		if err != nil {
			return "", err
		}
		if grant.Lifetime == 0 {
			grant.Lifetime = 2 * time.Hour // the sample's
		}
		return minter.Mint(grant)
	}
}
