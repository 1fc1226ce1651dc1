package browsertest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// firefox drives Firefox by the WebDriver BiDi server that it has built in; no
// geckodriver is needed.
type firefox struct {
	bidi *bidi
	tabs firefoxTabs
}

// startFirefox starts a Firefox that can reach nothing but the proxy, and ends
// with the test.
func startFirefox(t testing.TB, path, proxy string, media bool) (*firefox, error) {
	dir, err := os.MkdirTemp("", "cobrowse-firefox-") // t.TempDir fails the test where a dying child still writes
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { removeSoon(dir) })
	prefs, err := firefoxPrefs(proxy)
	if err != nil {
		return nil, err
	}
	if media {
		prefs += firefoxMedia
	}
	if err := os.WriteFile(filepath.Join(dir, "user.js"), []byte(prefs), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.Command(path, "--headless", "--no-remote", "--remote-debugging-port=0", "--profile", dir, "about:blank")
	// A home of its own, or Firefox makes one in the user's.
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CACHE_HOME="+dir, "MOZ_CRASHREPORTER_DISABLE=1", "MOZ_DISABLE_AUTO_SAFE_MODE=1", "MOZ_REMOTE_SETTINGS_DEVTOOLS=1")
	p, err := startProcess(cmd)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { p.stop(5 * time.Second) })
	addr, err := p.await(regexp.MustCompile(`WebDriver BiDi listening on (ws://\S+)`))
	if err != nil {
		return nil, err
	}
	f := &firefox{tabs: newFirefoxTabs()}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if f.bidi, err = dialBidi(ctx, addr+"/session", f.tabs.event); err != nil {
		return nil, err
	}
	t.Cleanup(func() {
		_ = f.bidi.call("browser.close", struct{}{}, nil)
		f.bidi.close()
	})
	return f, f.begin()
}

// begin makes the session and asks for the events that firefoxTabs knows.
func (f *firefox) begin() error {
	err := f.bidi.call("session.new", map[string]any{
		"capabilities": map[string]any{"alwaysMatch": map[string]any{"acceptInsecureCerts": true}},
	}, nil)
	if err != nil {
		return err
	}
	return f.bidi.call("session.subscribe", map[string]any{"events": firefoxEvents}, nil)
}

// firefoxMedia is what Config.Media adds to user.js. Addresses are not hidden
// behind names of multicast DNS, which nobody answers in a container.
const firefoxMedia = `user_pref("media.navigator.streams.fake", true);
user_pref("media.navigator.permission.disabled", true);
user_pref("media.peerconnection.ice.loopback", true);
user_pref("media.peerconnection.ice.obfuscate_host_addresses", false);
user_pref("media.autoplay.default", 0);
`

// firefoxPrefs returns user.js: everything goes through the proxy, loopback
// too, and Firefox asks for nothing of its own accord. What switches off a
// service is in Firefox's own list of recommended preferences for automation as
// well (remote.prefs.recommended); here are those that it leaves.
func firefoxPrefs(proxy string) (string, error) {
	host, port, err := net.SplitHostPort(proxy)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	set := func(value string, names ...string) {
		for _, name := range names {
			fmt.Fprintf(&b, "user_pref(%q, %s);\n", name, value)
		}
	}
	set("1", "network.proxy.type")
	set(fmt.Sprintf("%q", host), "network.proxy.http", "network.proxy.ssl")
	set(port, "network.proxy.http_port", "network.proxy.ssl_port")
	set("true", "network.proxy.allow_hijacking_localhost")
	set(`""`, "network.proxy.no_proxies_on", "browser.region.network.url", "geo.provider.network.url",
		"browser.contentblocking.report.hide_vpn_banner", "network.trr.uri")
	set(`"data:,#no-remote-settings/v1"`, "services.settings.server") // needs MOZ_REMOTE_SETTINGS_DEVTOOLS
	set("false",
		"network.proxy.failover_direct", // never around the proxy
		"network.connectivity-service.enabled", "network.captive-portal-service.enabled",
		"network.http.http3.enable", "network.prefetch-next", "network.dns.prefetch_via_proxy",
		"app.normandy.enabled", "app.update.auto", "browser.search.update", "browser.safebrowsing.blockedURIs.enabled",
		"browser.safebrowsing.downloads.enabled", "browser.safebrowsing.malware.enabled", "browser.safebrowsing.phishing.enabled",
		"browser.newtabpage.enabled", "browser.discovery.enabled", "browser.topsites.contile.enabled",
		"datareporting.healthreport.uploadEnabled", "datareporting.policy.dataSubmissionEnabled",
		"extensions.getAddons.cache.enabled", "extensions.systemAddon.update.enabled", "extensions.update.enabled",
		"media.gmp-manager.updateEnabled", "messaging-system.rsexperimentloader.enabled", "nimbus.rollouts.enabled",
		"toolkit.telemetry.enabled", "toolkit.telemetry.unified", "dom.push.connection.enabled", "signon.autofillForms",
		// Of a page that names no icon Firefox reports /favicon.ico as a
		// violation of img-src, which Chromium does not.
		"browser.chrome.site_icons", "browser.chrome.guess_favicon",
		// Tabs in the background run at full speed: with several at once, all
		// but one are that.
		"dom.timeout.enable_budget_timer_throttling", "dom.suspend_inactive.enabled")
	set("4", "dom.min_background_timeout_value")
	set("5", "network.trr.mode") // no DNS over HTTPS
	set("0", "security.OCSP.enabled", "browser.startup.page")
	set("true", "network.dns.disablePrefetch")
	return b.String(), nil
}
