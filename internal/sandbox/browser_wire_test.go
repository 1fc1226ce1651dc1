package sandbox_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
)

// lenient lets the planted pages have styles, frames and pictures.
const lenient = "default-src 'self' data: 'unsafe-inline'; script-src 'nonce-abc' 'strict-dynamic'; " +
	"connect-src 'self' https://*.zoom.us wss://*.zoom.us"

var place = regexp.MustCompile(`\{S\}`)

// plant puts a secret of its own at each {S}.
func plant(t *testing.T, file, prefix string) (page string, secrets []string) {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	page = place.ReplaceAllStringFunc(string(raw), func(string) string {
		s := fmt.Sprintf("%s%03dzq", prefix, len(secrets))
		secrets = append(secrets, s)
		return s
	})
	return page, secrets
}

// later changes the page while it is recorded, with a secret at each S().
const later = `(() => {
	let n = 0;
	const made = [], S = () => { const s = 'zqlate' + String(n++).padStart(3, '0') + 'zq'; made.push(s); return s; };
	const el = (tag, props) => Object.assign(document.createElement(tag), props);
	const shadow = (host) => {
		const root = host.attachShadow({mode: 'open'});
		root.append(el('input', {value: S(), placeholder: S()}));
		if (AREAS) root.append(el('p', {textContent: S(), title: S()}));
	};
	shadow(document.querySelector('#host'));
	const grow = document.querySelector('#grow');
	const input = el('input', {value: S(), placeholder: S(), title: S()});
	grow.append(input);
	const nested = el('div', {className: 'new'});
	nested.append(el('textarea', {value: S()}), el('select', {}));
	nested.querySelector('select').append(el('option', {value: S(), textContent: S()}));
	grow.append(nested);
	setTimeout(() => {
		input.setAttribute('data-later', S());
		input.setAttribute('value', S());
		input.setAttribute('placeholder', S());
		input.setAttribute('style', 'background:url(/' + S() + ')');
		input.style.setProperty('--x', S());
		input.value = S();
		input.dispatchEvent(new Event('input', {bubbles: true}));
		nested.querySelector('textarea').textContent = S();
		nested.querySelector('option').textContent = S();
		nested.querySelector('option').firstChild.data = S();
		nested.querySelector('option').label = S();
		if (AREAS) {
			const p = el('p', {textContent: S()});
			grow.append(p, document.createTextNode(S()), document.createComment(S()));
			setTimeout(() => { p.firstChild.data = S(); p.title = S(); p.setAttribute('aria-label', S()); });
		} else {
			const set = (id, v) => { const f = document.querySelector(id); f.value = v; f.dispatchEvent(new Event('input', {bubbles: true})); f.dispatchEvent(new Event('change', {bubbles: true})); };
			set('#typed', S());
			set('#area', S());
			set('#pass', S());
			document.querySelector('#chosen').textContent = S();
			document.querySelector('#sel').selectedIndex = 1;
			document.querySelector('#sel').dispatchEvent(new Event('change', {bubbles: true}));
		}
		const inFrame = document.querySelector('iframe').contentDocument;
		inFrame.querySelector('input').value = S();
		inFrame.querySelector('input').dispatchEvent(new Event('input', {bubbles: true}));
		inFrame.body.append(Object.assign(inFrame.createElement('input'), {value: S()}));
		history.replaceState(null, '', '?token=' + S() + '#' + S());
		setTimeout(() => document.body.append(el('p', {textContent: 'visible-end'})), 300);
	}, 200);
	window.late = made;
})()`

func TestNothingMaskedCrossesTheWire(t *testing.T) { inEach(t, nothingMaskedCrossesTheWire) }

func nothingMaskedCrossesTheWire(t *testing.T, engine browsertest.Engine) {
	for name, tc := range map[string]struct{ page, mask, areas string }{
		"all_input":                   {"secrets-fields.html", `{maskType: 'all_input'}`, "false"},
		"custom, fields":              {"secrets-fields.html", `{maskType: 'custom_input', maskCssSelectors: 'form, input, select, textarea, #host, iframe, #grow'}`, "false"},
		"custom, areas":               {"secrets-areas.html", `{maskType: 'custom_input', maskCssSelectors: '.mask, #no-such', maskHTMLAttributes: 'data-pii=yes'}`, "true"},
		"a broken selector masks all": {"secrets-areas.html", `{maskType: 'custom_input', maskCssSelectors: '.mask, ]['}`, "true"},
	} {
		t.Run(name, func(t *testing.T) {
			w, secrets := wire(t, engine, tc.page, tc.mask, tc.areas)
			sent := w.sent()
			if len(secrets) < 40 {
				t.Fatalf("only %d secrets", len(secrets))
			}
			for _, s := range secrets {
				if at := strings.Index(sent, s); at >= 0 {
					t.Errorf("%s crossed the wire: …%s…", s, sent[max(0, at-160):min(len(sent), at+40)])
				}
			}
			if tc.page == "secrets-fields.html" && tc.mask[0:20] == `{maskType: 'all_inpu` {
				for _, v := range []string{"visible-text", "visible-data", "visible-button", "visible-link", "visible-path", "visible-end", "visible-frame"} {
					if !strings.Contains(sent, v) {
						t.Errorf("%s was not recorded", v)
					}
				}
			}
		})
	}
}

// TestWireTestFinds proves that the test above can fail: without a mask the
// same page sends most of its secrets.
func TestWireTestFinds(t *testing.T) {
	w, secrets := wire(t, "", "secrets-areas.html", `{maskType: 'custom_input'}`, "true")
	sent, found := w.sent(), 0
	for _, s := range secrets {
		if strings.Contains(sent, s) {
			found++
		}
	}
	if found < len(secrets)/2 {
		t.Errorf("%d of %d secrets were found in what was sent without a mask", found, len(secrets))
	}
}

// wire shares a planted page and returns all secrets that it had.
func wire(t *testing.T, engine browsertest.Engine, file, mask, areas string) (*world, []string) {
	t.Helper()
	page, secrets := plant(t, file, "zq")
	frame, inFrame := plant(t, "secrets-frame.html", "zqframe")
	w := newWorldIn(t, engine, `{piiMask: `+mask+`}`, nil)
	w.policy = lenient
	w.pages["/"] = page
	w.pages["/frame"] = frame
	customer := w.customer("/?in-url=zqquery000zq#zqfragment000zq")
	customer.Wait("document.querySelector('iframe').contentDocument.readyState === 'complete'")
	pin := help(customer)
	desk := w.desk("agent", "Ann")
	join(desk, pin)
	desk.Wait(seen("body") + "?.childElementCount > 3")
	browsertest.Eval[bool](customer, "("+strings.ReplaceAll(later, "AREAS", areas)+", true)")
	customer.Wait("document.body.lastElementChild.textContent === 'visible-end' || document.querySelector('body > p:last-of-type')?.textContent === 'visible-end'")
	desk.Wait(seen("body > p:last-of-type") + "?.textContent.length === 11")
	late := browsertest.Eval[[]string](customer, "late")
	if !strings.Contains(areas, "true") {
		secrets = append(secrets, inFrame...)
	}
	secrets = append(append(secrets, late...), "zqquery000zq", "zqfragment000zq")
	return w, secrets
}
