package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/redact"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	zoomSecret = "zoom-secret-token-1"
	oldSecret  = "zoom-secret-token-0"
)

var testNow = time.Date(2026, 11, 23, 0, 55, 1, 0, time.UTC)

func newZoom(t testing.TB, secrets ...string) *Zoom {
	t.Helper()
	z, err := NewZoom(ZoomConfig{Secrets: secrets, Now: func() time.Time { return testNow }})
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// signZoom signs as Zoom documents it, independently of the package.
func signZoom(secret, timestamp, body string) string {
	return "v0=" + hexMAC(secret, "v0:"+timestamp+":"+body)
}

func hexMAC(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = io.WriteString(mac, text)
	return hex.EncodeToString(mac.Sum(nil))
}

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

const started = `{"event":"cobrowse.session_started","event_ts":1795395301042,"payload":{"account_id":"AC1","object":` +
	`{"session_id":"GDDykmpQQU6MWL3GqLNUkw","start_time":"2026-11-23T00:55:01Z","role_type":"customer",` +
	`"start_url":"https://shop.example/a;s=1?token=x#y","user_id":"u1","user_name":"Ada"}}}`

// TestReceive receives over real HTTP, as the package doc shows it.
func TestReceive(t *testing.T) {
	z := newZoom(t, zoomSecret, oldSecret)
	var got Delivery
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
		if err != nil {
			http.Error(w, "body", http.StatusRequestEntityTooLarge)
			return
		}
		delivery, err := z.Receive(r.Header.Get(HeaderTimestamp), r.Header.Get(HeaderSignature), body)
		got = delivery
		switch {
		case errors.Is(err, ErrUnverified):
			w.WriteHeader(http.StatusUnauthorized)
		case err != nil:
			w.WriteHeader(http.StatusBadRequest)
		case delivery.Reply != nil:
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(delivery.Reply)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	defer server.Close()
	now := unix(testNow)
	validation := `{"event":"endpoint.url_validation","event_ts":1,"payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}`
	for _, test := range []struct {
		name            string
		time, sign, raw string
		status          int
	}{
		{"event", now, signZoom(zoomSecret, now, started), started, 204},
		{"rotated secret", now, signZoom(oldSecret, now, started), started, 204},
		{"just recent enough", unix(testNow.Add(-Tolerance)), signZoom(zoomSecret, unix(testNow.Add(-Tolerance)), started), started, 204},
		{"clock behind", unix(testNow.Add(Tolerance)), signZoom(zoomSecret, unix(testNow.Add(Tolerance)), started), started, 204},
		{"validation", now, signZoom(zoomSecret, now, validation), validation, 200},
		{"validation with the rotated secret", now, signZoom(oldSecret, now, validation), validation, 200},
		{"other event", now, signZoom(zoomSecret, now, `{"event":"meeting.started"}`), `{"event":"meeting.started"}`, 204},

		{"validation without a signature", now, "", validation, 401},
		{"no signature", now, "", started, 401},
		{"unknown secret", now, signZoom("other", now, started), started, 401},
		{"empty secret", now, signZoom("", now, started), started, 401},
		{"another body", now, signZoom(zoomSecret, now, started+" "), started, 401},
		{"another time", now, signZoom(zoomSecret, unix(testNow.Add(1)), started), strings.Replace(started, "Ada", "Eve", 1), 401},
		{"version 1", now, "v1" + signZoom(zoomSecret, now, started)[2:], started, 401},
		{"no version", now, signZoom(zoomSecret, now, started)[3:], started, 401},
		{"half a signature", now, signZoom(zoomSecret, now, started)[:35], started, 401},
		{"not hexadecimal", now, "v0=" + strings.Repeat("zz", 32), started, 401},
		{"too old", unix(testNow.Add(-Tolerance - time.Second)), signZoom(zoomSecret, unix(testNow.Add(-Tolerance-time.Second)), started), started, 401},
		{"too new", unix(testNow.Add(Tolerance + time.Second)), signZoom(zoomSecret, unix(testNow.Add(Tolerance+time.Second)), started), started, 401},
		{"no time", "", signZoom(zoomSecret, "", started), started, 401},
		{"signed time", "+" + now, signZoom(zoomSecret, "+"+now, started), started, 401},
		{"time with zeros", "0" + now, signZoom(zoomSecret, "0"+now, started), started, 401},
		{"time in milliseconds", now + "000", signZoom(zoomSecret, now+"000", started), started, 401},

		{"no JSON", now, signZoom(zoomSecret, now, "{"), "{", 400},
		{"too long", now, signZoom(zoomSecret, now, strings.Repeat(" ", MaxBody+1)), strings.Repeat(" ", MaxBody+1), 413},
	} {
		t.Run(test.name, func(t *testing.T) {
			request, err := http.NewRequest(http.MethodPost, server.URL, strings.NewReader(test.raw))
			if err != nil {
				t.Fatal(err)
			}
			// As Zoom spells them.
			request.Header["x-zm-request-timestamp"] = []string{test.time}
			request.Header["x-zm-signature"] = []string{test.sign}
			got = Delivery{}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			reply, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != test.status {
				t.Fatalf("status %d, want %d", response.StatusCode, test.status)
			}
			if test.status >= 300 && (got.Name != "" || got.Event != nil || got.Reply != nil) {
				t.Errorf("refused, and says %+v", got)
			}
			if test.status == 200 {
				secret := zoomSecret
				if strings.Contains(test.name, "rotated") {
					secret = oldSecret
				}
				var answer map[string]string
				if err := json.Unmarshal(reply, &answer); err != nil || len(answer) != 2 ||
					answer["plainToken"] != "qgg8vlvZRS6UYooatFL8Aw" || answer["encryptedToken"] != hexMAC(secret, "qgg8vlvZRS6UYooatFL8Aw") {
					t.Errorf("reply %s (%v)", reply, err)
				}
			}
		})
	}
	http.DefaultClient.CloseIdleConnections()
}

// receive signs properly and receives.
func receive(t testing.TB, body string) (Delivery, error) {
	t.Helper()
	now := unix(testNow)
	return newZoom(t, zoomSecret).Receive(now, signZoom(zoomSecret, now, body), []byte(body))
}

func TestSessionEvent(t *testing.T) {
	for _, name := range []string{ZoomSessionStarted, ZoomSessionEnded, ZoomUserJoined, ZoomUserLeft} {
		got, err := receive(t, strings.Replace(started, ZoomSessionStarted, name, 1))
		if err != nil {
			t.Fatal(err)
		}
		want := SessionEvent{
			Name: name, At: time.UnixMilli(1795395301042).UTC(), AccountID: "AC1", SessionID: "GDDykmpQQU6MWL3GqLNUkw",
			StartTime: testNow, Role: RoleCustomer, UserID: "u1", UserName: "Ada", StartURL: "https://shop.example/a",
		}
		if got.Name != name || *got.Event != want {
			t.Errorf("got %+v, want %+v", got.Event, want)
		}
	}
	one, _ := receive(t, started)
	two, _ := receive(t, started)
	three, _ := receive(t, started+" ")
	if one.ID != two.ID || one.ID == three.ID || len(one.ID) != 32 {
		t.Errorf("IDs %q, %q and %q", one.ID, two.ID, three.ID)
	}
}

func TestPayloads(t *testing.T) {
	change := func(old, replacement string) string {
		if !strings.Contains(started, old) {
			t.Fatalf("%s is not in the event", old)
		}
		return strings.Replace(started, old, replacement, 1)
	}
	for _, test := range []struct {
		name, body string
		ok         bool
	}{
		{"role missing", change(`"role_type":"customer",`, ""), true},
		{"role unknown", change(`"customer"`, `"supervisor"`), true},
		{"start time missing", change(`"start_time":"2026-11-23T00:55:01Z",`, ""), true},
		{"empty texts, as in Zoom's example", change(`"2026-11-23T00:55:01Z"`, `""`), true},
		{"more members", change(`"user_id"`, `"more":{"a":[1]},"user_id"`), true},
		{"bad characters in a name", change("Ada", `\u202eAda\u001b`), true},
		{"white space around", " " + started + "\n", true},
		{"session missing", change(`"GDDykmpQQU6MWL3GqLNUkw"`, `""`), false},
		{"session is a number", change(`"GDDykmpQQU6MWL3GqLNUkw"`, `1`), false},
		{"session with control characters", change("GDDy", `\n`), false},
		{"session too long", change("GDDy", strings.Repeat("x", maxID)), false},
		{"user too long", change("u1", strings.Repeat("x", maxID+1)), false},
		{"account with control characters", change("AC1", `\u0000`), false},
		{"no start time at all", change("2026-11-23T00:55:01Z", "yesterday"), false},
		{"event_ts missing", change(`"event_ts":1795395301042,`, ""), false},
		{"event_ts negative", change("1795395301042", "-1"), false},
		{"event_ts too large", change("1795395301042", "253402300800000"), false},
		{"event_ts is a text", change("1795395301042", `"1795395301042"`), false},
		{"payload missing", `{"event":"cobrowse.session_started","event_ts":1}`, false},
		{"payload is a list", `{"event":"cobrowse.session_started","event_ts":1,"payload":[]}`, false},
		{"two values", started + started, false},
		{"rest", started + "]", false},
		{"not UTF-8", change("Ada", "\xff"), false},
		{"event missing", change("cobrowse.session_started", ""), false},
		{"event with other characters", change("cobrowse.session_started", "cobrowse\\nx"), false},
		{"event too long", change("cobrowse.session_started", strings.Repeat("x", 101)), false},
		{"list", "[]", false},
		{"empty", "", false},
		{"validation of nothing", `{"event":"endpoint.url_validation","payload":{}}`, false},
		{"validation without payload", `{"event":"endpoint.url_validation"}`, false},
		{"validation of a signature's input", `{"event":"endpoint.url_validation","payload":{"plainToken":"v0:1795395301:{}"}}`, false},
		{"validation of too much", `{"event":"endpoint.url_validation","payload":{"plainToken":"` + strings.Repeat("x", 257) + `"}}`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			delivery, err := receive(t, test.body)
			switch {
			case test.ok && (err != nil || delivery.Event == nil):
				t.Errorf("error %v", err)
			case !test.ok && !errors.Is(err, ErrPayload):
				t.Errorf("error %v, event %+v", err, delivery.Event)
			}
			if err != nil && strings.Contains(err.Error(), "GDDy") {
				t.Errorf("the error shows the payload: %v", err)
			}
			if test.ok && delivery.Event.UserName != redact.Text(delivery.Event.UserName, maxName) {
				t.Errorf("name %q", delivery.Event.UserName)
			}
		})
	}
}

func TestNewZoomRefused(t *testing.T) {
	for _, secrets := range [][]string{nil, {""}, {zoomSecret, " "}} {
		if _, err := NewZoom(ZoomConfig{Secrets: secrets}); err == nil {
			t.Errorf("%q is accepted", secrets)
		}
	}
}

// FuzzReceive: no body panics; what is accepted keeps every limit; without the
// signature nothing is accepted.
func FuzzReceive(f *testing.F) {
	f.Add(started)
	f.Add(`{"event":"endpoint.url_validation","payload":{"plainToken":"abc"}}`)
	f.Add(deauthorized)
	f.Add(`{"event":"meeting.started","payload":null}`)
	f.Add(`{"event":"cobrowse.session_ended","event_ts":9e99,"payload":{"object":{"session_id":["a"]}}}`)
	z := newZoom(f, zoomSecret)
	now := unix(testNow)
	f.Fuzz(func(t *testing.T, body string) {
		if _, err := z.Receive(now, signZoom("other", now, body), []byte(body)); err == nil {
			t.Fatal("accepted without the secret")
		}
		delivery, err := z.Receive(now, signZoom(zoomSecret, now, body), []byte(body))
		if err != nil {
			if !errors.Is(err, ErrPayload) || fmt.Sprintf("%+v", delivery) != fmt.Sprintf("%+v", Delivery{}) {
				t.Fatalf("%v, %+v", err, delivery)
			}
			return
		}
		if !isEventName(delivery.Name) || delivery.Event != nil && delivery.Reply != nil {
			t.Fatalf("%+v", delivery)
		}
		event := delivery.Event
		if event == nil {
			return
		}
		if event.SessionID == "" || len(event.SessionID) > maxID || len(event.UserID) > maxID || len(event.UserName) > maxName ||
			len(event.StartURL) > maxURL || strings.ContainsAny(event.StartURL, "?#;") || event.At.Year() > 9999 {
			t.Fatalf("%+v", event)
		}
		if _, err := event.At.MarshalText(); err != nil {
			t.Fatal(err)
		}
	})
}
