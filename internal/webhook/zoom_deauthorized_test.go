package webhook

import (
	"errors"
	"testing"
)

// deauthorized has the form of Zoom's documentation.
const deauthorized = `{"event":"app_deauthorized","event_ts":1795395301042,"payload":{"account_id":"EabCDEFghiLHMA","client_id":"ADZ9k9bTWmGUoUbECUKU_a",` +
	`"deauthorization_time":"2026-11-23T00:55:01.042Z","signature":"827edc34","user_data_retention":null,"user_id":"z9jkdsfsdfjhdkfjQ"}}`

// TestDeauthorized: who has removed the app is told, where Zoom says so and signs it.
func TestDeauthorized(t *testing.T) {
	z, now := newZoom(t, zoomSecret), unix(testNow)
	got, err := z.Receive(now, signZoom(zoomSecret, now, deauthorized), []byte(deauthorized))
	if err != nil || got.Event != nil || got.Reply != nil || got.Deauthorized == nil ||
		*got.Deauthorized != (Deauthorization{ClientID: "ADZ9k9bTWmGUoUbECUKU_a", UserID: "z9jkdsfsdfjhdkfjQ"}) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := z.Receive(now, signZoom("another", now, deauthorized), []byte(deauthorized)); !errors.Is(err, ErrUnverified) || got.Deauthorized != nil {
		t.Errorf("signed by somebody else: %+v, %v", got, err)
	}
	for _, payload := range []string{`null`, `{}`, `[]`, `{"client_id":"a"}`, `{"user_id":"a"}`, `{"client_id":"a","user_id":7}`, `{"client_id":"a","user_id":"b\u0000"}`} {
		body := `{"event":"app_deauthorized","payload":` + payload + `}`
		if got, err := z.Receive(now, signZoom(zoomSecret, now, body), []byte(body)); !errors.Is(err, ErrPayload) || got.Deauthorized != nil {
			t.Errorf("%s: %+v, %v", payload, got, err)
		}
	}
}
