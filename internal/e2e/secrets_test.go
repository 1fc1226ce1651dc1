package e2e

import (
	"encoding/base64"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/redis/redistest"
)

// TestNothingIsTold plays sessions with everything logged, and then reads all
// that stays behind: logs, records, what Redis has on its disk, and what the
// admin API tells. None of it has a secret, a ticket, a token or a PIN.
func TestNothingIsTold(t *testing.T) {
	redis := redistest.Start(t)
	set := settings{Store: onRedis(redis.Addr()), Upstream: legacySite(t), Debug: true}
	a, b := newInstance(t, set), newInstance(t, set)
	var visits []visit
	secrets := map[string]string{"the SDK secret": sdkSecret, "the record's key": auditKey, "an agent's password": agentPassword}
	for n := range 5 {
		v, who := a.customer().mustArrive(t), b.agent(agent(n))
		secrets["the password of "+agent(n)] = agent(n) + ":" + agentPassword
		who.desk(t, "account")
		joined := who.join(t, []string{"pin", "id"}[n%2], []string{v.pin, v.id}[n%2])
		if joined.status != http.StatusOK {
			t.Fatal(joined)
		}
		secrets["a ticket"+v.id], secrets["a customer's token"+v.id], secrets["an agent's token"+v.id] = v.ticket, v.token, joined.fields.Token
		who.join(t, "pin", v.pin[:3]+"xyz")
		a.customer().post(t, v.path(), v.event("agent_joined"))
		b.customer().post(t, v.path(), v.event("session_error"))
		b.customer().post(t, v.path(), visit{v.id, "1." + v.ticket, "", v.pin}.event("heartbeat"))
		visits = append(visits, v)
	}
	redis.Freeze() // faults are logged as well
	a.customer().post(t, visits[0].path(), visits[0].event("pincode_updated"))
	b.agent(agent(0)).join(t, "pin", visits[0].pin)
	redis.Thaw()

	told := map[string]string{
		"the log of A": a.output.String(), "the log of B": b.output.String(),
		"Redis": contents(t, redis.File(".")), "the record of A": contents(t, filepath.Dir(a.set.Audit)), "the record of B": contents(t, filepath.Dir(b.set.Audit)),
	}
	for where, text := range told {
		if !strings.Contains(text, visits[len(visits)-1].id) {
			t.Errorf("%s does not know the last session: was it read?", where)
		}
	}
	for _, path := range []string{"config/", "metrics", "cobrowse/status"} {
		told["the admin API's "+path] = admin(t, a, path)
	}
	for where, text := range told {
		for what, secret := range secrets {
			for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret))} {
				if strings.Contains(text, form) {
					t.Errorf("%s has %.30s", where, what)
				}
			}
		}
		found := 0
		for _, v := range visits {
			if strings.Contains(text, v.pin) {
				found++
			}
		}
		// Six digits may stand in a time or a MAC by chance, but not those of many.
		if found > 1 {
			t.Errorf("%s has the PINs of %d of %d sessions", where, found, len(visits))
		}
	}
}

// contents reads all files below a folder.
func contents(t *testing.T, folder string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path) // #nosec G304 G122 -- below the test's folder
		_, _ = all.Write(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// admin asks Caddy's admin API.
func admin(t *testing.T, i *instance, path string) string {
	t.Helper()
	response, err := http.Get("http://127.0.0.1:" + i.set.Admin + "/" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v", path, response.StatusCode, err)
	}
	return string(text)
}
