package webhook

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Lengths of a secret in bytes, from Standard Webhooks 1.0.0, "Signature
// scheme".
const (
	minSecret = 24
	maxSecret = 64
)

// secretPrefix marks the secrets of Standard Webhooks.
const secretPrefix = "whsec_"

// signer signs with all secrets: while one is replaced, receivers may know
// either.
type signer []*standardwebhooks.Webhook

// newSigner takes secrets in the standard's form. Errors show none.
func newSigner(secrets []string) (signer, error) {
	if len(secrets) == 0 {
		return nil, errors.New("webhook secret: missing; make one with: echo whsec_$(openssl rand -base64 32)")
	}
	var s signer
	for i, secret := range secrets {
		encoded, ok := strings.CutPrefix(secret, secretPrefix)
		raw, err := base64.StdEncoding.DecodeString(encoded)
		if !ok || err != nil || len(raw) < minSecret || len(raw) > maxSecret {
			return nil, fmt.Errorf("webhook secret %d: want whsec_ and %d to %d bytes in base64, such as from: echo whsec_$(openssl rand -base64 32)",
				i+1, minSecret, maxSecret)
		}
		hook, err := standardwebhooks.NewWebhookRaw(raw)
		if err != nil {
			return nil, fmt.Errorf("webhook secret %d is not usable", i+1)
		}
		s = append(s, hook)
	}
	return s, nil
}

// sign sets the three headers of the standard.
func (s signer) sign(header http.Header, id string, at time.Time, body []byte) error {
	signatures := make([]string, len(s))
	for i, hook := range s {
		signature, err := hook.Sign(id, at, body)
		if err != nil {
			return errors.New("webhook cannot be signed")
		}
		signatures[i] = signature
	}
	header.Set(standardwebhooks.HeaderWebhookID, id)
	header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	header.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	return nil
}
