package corpus

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

//go:embed frame.html
var framePage []byte

// patience is how long a browser may take for one page. It only ends a test
// that would hang.
const patience = time.Minute

// browser is one of those that load the pages.
type browser struct {
	name string
	// programs are names in PATH; the variable, if it has one, goes first.
	programs []string
	variable string
	// optional says that the test is skipped where it is missing and the whole
	// corpus is not asked for.
	optional bool
	// prepare writes the profile and returns the arguments.
	prepare func(t *testing.T, profile, url string) []string
}

var browsers = []browser{
	{
		name: "Chromium", variable: "COBROWSE_CHROMIUM", programs: []string{"chromium", "chromium-browser", "google-chrome"},
		prepare: func(_ *testing.T, profile, url string) []string {
			return []string{
				"--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
				"--disable-component-update", "--disable-background-networking", "--user-data-dir=" + profile,
				"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", url,
			}
		},
	},
	{
		name: "Firefox", variable: "COBROWSE_FIREFOX", programs: []string{"firefox-esr", "firefox"}, optional: true,
		prepare: func(t *testing.T, profile, url string) []string {
			if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(firefoxPreferences), 0o600); err != nil {
				t.Fatal(err)
			}
			return []string{"--headless", "--no-remote", "--profile", profile, url}
		},
	},
}

// firefoxPreferences send whatever is not for the loopback interface to a proxy
// that does not exist, and keep Firefox from greeting its new user.
const firefoxPreferences = `
user_pref("network.proxy.type", 1);
user_pref("network.proxy.http", "127.0.0.1");
user_pref("network.proxy.http_port", 9);
user_pref("network.proxy.ssl", "127.0.0.1");
user_pref("network.proxy.ssl_port", 9);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("app.update.enabled", false);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.reportingpolicy.firstRun", false);
`

// finding is what frame.html posts of a page.
type finding struct {
	Page    int      `json:"page"`
	Wrong   []string `json:"wrong"`
	Browser string   `json:"browser"`
}

// TestBrowsers has each browser build the documents of the original and of the
// spliced pages, which must be equal but for the tag.
func TestBrowsers(t *testing.T) {
	if testing.Short() {
		t.Skip("browser tests do not run under -short")
	}
	texts, all := pages(t)
	list := make([]page, len(texts))
	for i, text := range texts {
		list[i] = newPage(t, i, text, all)
	}
	for _, b := range browsers {
		t.Run(b.name, func(t *testing.T) {
			program, err := b.find()
			switch {
			case err != nil && b.optional && !all:
				t.Skip(err)
			case err != nil:
				t.Fatal(err)
			}
			for _, f := range b.load(t, program, list) {
				for _, wrong := range f.Wrong {
					t.Errorf("page %d (%d bytes, %.60q): %s", f.Page, len(list[f.Page].text), list[f.Page].text, wrong)
				}
			}
		})
	}
}

// What may go wrong with a page is found, or the other test would tell nothing.
func TestDamageIsFound(t *testing.T) {
	if testing.Short() {
		t.Skip("browser tests do not run under -short")
	}
	const text = "<!DOCTYPE html><html><head><title>x</title></head><body><p>One <b>two</b></body></html>"
	tests := []struct{ name, spliced, want string }{
		{"none", strings.Replace(text, "<head>", "<head>"+tag, 1), ""},
		{"no tag", text, "tags: 1 became 0"},
		{"two tags", strings.Replace(text, "<head>", "<head>"+tag+tag, 1), "tags: 1 became 2"},
		{"tag behind the title", strings.Replace(text, "</head>", tag+"</head>", 1), "not the first element of head"},
		{"another text", strings.Replace(strings.Replace(text, "<head>", "<head>"+tag, 1), "two", "2", 1), "two"},
		{"another attribute", strings.Replace(strings.Replace(text, "<head>", "<head>"+tag, 1), "<b>", "<b id=b>", 1), "B null"},
		{"before the doctype", tag + text, "mode: CSS1Compat became BackCompat"},
		{"cut off", strings.Replace(text, "<head>", "<head>"+tag, 1)[:100], "children"},
	}
	list := make([]page, len(tests))
	for i, tt := range tests {
		list[i] = page{text: []byte(text), original: compressed(t, 0, []byte(text), false), spliced: compressed(t, 0, []byte(tt.spliced), false)}
	}
	for _, b := range browsers {
		t.Run(b.name, func(t *testing.T) {
			program, err := b.find()
			if err != nil {
				t.Skip(err)
			}
			for _, f := range b.load(t, program, list) {
				tt := tests[f.Page]
				if found := strings.Join(f.Wrong, "; "); tt.want == "" && found != "" || !strings.Contains(found, tt.want) {
					t.Errorf("%s: found %q, want %q", tt.name, found, tt.want)
				}
			}
		})
	}
}

func (b browser) find() (string, error) {
	names := b.programs
	if name := os.Getenv(b.variable); name != "" {
		names = []string{name}
	}
	for _, name := range names {
		if program, err := exec.LookPath(name); err == nil {
			return program, nil
		}
	}
	return "", fmt.Errorf("none of %q is in PATH; install one or name it in %s", names, b.variable)
}

// load starts the browser and returns what it finds on each page.
func (b browser) load(t *testing.T, program string, list []page) []finding {
	t.Helper()
	findings := make(chan finding, len(list))
	server := httptest.NewServer(serve(list, findings))
	defer server.Close()
	// Not t.TempDir: the processes of a browser may write to it for a moment
	// after they have been told to end.
	profile, err := os.MkdirTemp("", "corpus-")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(profile) }()
	var output bytes.Buffer
	command := exec.Command(program, b.prepare(t, profile, fmt.Sprintf("%s/?n=%d", server.URL, len(list)))...)
	command.Env = append(os.Environ(), "HOME="+profile)
	command.Stdout, command.Stderr = &output, &output
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	began := time.Now()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL) // its own group only
		_ = command.Wait()
	}()
	var all []finding
	for range list {
		select {
		case f := <-findings:
			all = append(all, f)
		case <-time.After(patience):
			_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
			_ = command.Wait()
			t.Fatalf("nothing after %d of %d pages: %s", len(all), len(list), output.String())
		}
	}
	t.Logf("%d pages, each as it is and spliced, in %s: %s", len(list), time.Since(began).Round(time.Second), all[0].Browser)
	return all
}

// serve is the site of the test.
func serve(list []page, findings chan<- finding) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(framePage)
	})
	mux.HandleFunc("POST /found", func(w http.ResponseWriter, r *http.Request) {
		var f finding
		if err := json.NewDecoder(r.Body).Decode(&f); err != nil || f.Page < 0 || f.Page >= len(list) {
			http.Error(w, "no finding", http.StatusBadRequest)
			return
		}
		findings <- f
	})
	mux.HandleFunc("GET /page/{n}/{kind}", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("n"))
		if err != nil || n < 0 || n >= len(list) {
			http.NotFound(w, r)
			return
		}
		list[n].serve(w, r)
	})
	return mux
}

func (p page) serve(w http.ResponseWriter, r *http.Request) {
	contentType, body := "text/html", p.original
	switch r.PathValue("kind") {
	case "length":
		_, _ = fmt.Fprint(w, len(p.text))
		return
	case "original":
	case "spliced":
		if body = p.spliced; p.charset != "" {
			contentType += "; charset=" + p.charset
		}
	default: // what a page refers to
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Encoding", "gzip")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}
