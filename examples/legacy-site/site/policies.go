package site

import (
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net/http"
	"strings"
)

// checkScript marks the page's check as passed. Pages whose policy allows
// inline script carry it inline; its text is part of the hash policy.
const checkScript = `document.getElementById("check").innerHTML = "passed";`

// policyPage is a page that differs from its neighbours by its policy.
type policyPage struct {
	path, title string
	// enforced and reportOnly are the header lines. NONCE stands for a fresh
	// nonce, HASH for the hash of checkScript.
	enforced, reportOnly []string
	// meta is the policy of a meta element at the end of head.
	meta string
	// inline says that the check is an inline script, not an external one.
	inline bool
	// noLayoutScript: the policy would not allow the layout's script.
	noLayoutScript bool
}

// securityText is what the view of these pages needs.
type securityText struct {
	Nonce  string
	Inline bool
	Script template.JS
	// Policies are the lines as sent, to be read on the page.
	Policies []string
}

func policyPages() []policyPage {
	return []policyPage{
		{
			path: "/security/nonce", title: "Safe log-in", inline: true,
			enforced: []string{"default-src 'self'; script-src 'nonce-NONCE' 'strict-dynamic'; object-src 'none'; base-uri 'none'"},
		},
		{
			path: "/security/hash", title: "Card fraud", inline: true, noLayoutScript: true,
			enforced: []string{"default-src 'none'; script-src 'HASH'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'"},
		},
		{
			path: "/security/self", title: "Phishing",
			enforced: []string{"default-src 'self'"},
		},
		{
			path: "/security/two", title: "Strong passwords",
			enforced: []string{"default-src 'self'; img-src *", "script-src 'self'; object-src 'none'; frame-ancestors 'self'"},
		},
		{
			path: "/security/meta", title: "Lost cards",
			meta: "default-src 'self'; base-uri 'self'",
		},
		{
			path: "/security/report-only", title: "Your privacy",
			reportOnly: []string{"default-src 'self'; report-uri /csp-report"},
		},
	}
}

func (s *site) routePolicies(mux *http.ServeMux) {
	for _, p := range policyPages() {
		mux.HandleFunc("GET "+p.path, s.policyHandler(p))
	}
	// Browsers post their reports here; the bank never looked at them.
	mux.HandleFunc("POST /csp-report", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	})
}

func (s *site) policyHandler(p policyPage) http.HandlerFunc {
	sum := sha256.Sum256([]byte(checkScript))
	hash := "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
	withNonce := strings.Contains(strings.Join(p.enforced, " "), "NONCE")
	return func(w http.ResponseWriter, _ *http.Request) {
		nonce := ""
		if withNonce {
			var err error
			if nonce, err = randomHex(s.random, 16); err != nil {
				s.fail(w)
				return
			}
			w.Header().Set("Cache-Control", "no-store")
		}
		fill := strings.NewReplacer("NONCE", nonce, "HASH", hash)
		for _, line := range p.enforced {
			w.Header().Add("Content-Security-Policy", fill.Replace(line))
		}
		for _, line := range p.reportOnly {
			w.Header().Add("Content-Security-Policy-Report-Only", fill.Replace(line))
		}
		s.show(w, http.StatusOK, p.page(nonce, fill))
	}
}

func (p policyPage) page(nonce string, fill *strings.Replacer) page {
	policies := append(append([]string{}, p.enforced...), p.reportOnly...)
	if p.meta != "" {
		policies = append(policies, p.meta)
	}
	for i := range policies {
		policies[i] = fill.Replace(policies[i])
	}
	out := page{
		Title: p.title, View: "security", Nonce: nonce, NoScript: p.noLayoutScript,
		Data: securityText{
			Nonce: nonce, Inline: p.inline, Script: checkScript,
			Policies: policies,
		},
	}
	if p.meta != "" {
		out.HeadLast = template.HTML(`<meta http-equiv="Content-Security-Policy" content="` + // #nosec G203 -- escaped
			template.HTMLEscapeString(p.meta) + "\">\n")
	}
	return out
}
