package widget

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// loaderSettings and widgetSettings are what src/settings.ts declares.
type loaderSettings struct {
	Widget   string `json:"widget"`
	SDK      string `json:"sdk"`
	MultiTab bool   `json:"multiTab,omitempty"`
}

type widgetSettings struct {
	None     bool           `json:"none,omitempty"`
	Label    string         `json:"label,omitempty"`
	Style    string         `json:"style"`
	Attach   string         `json:"attach,omitempty"`
	Shortcut *shortcut      `json:"shortcut,omitempty"`
	Eager    bool           `json:"eager,omitempty"`
	MultiTab bool           `json:"multiTab,omitempty"`
	Zoom     map[string]any `json:"zoom"`
	Masks    []maskRule     `json:"masks,omitempty"`
}

type maskRule struct {
	Paths   string         `json:"paths"`
	PIIMask map[string]any `json:"piiMask"`
}

var (
	basePattern    = regexp.MustCompile(`^(/[A-Za-z0-9._-]+)+$`)
	hostPattern    = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?$`)
	versionPattern = regexp.MustCompile(`^[0-9]+(\.([0-9]+|x)){1,2}$`)
	wordPattern    = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

// browser validates the settings and turns them into what the scripts read.
func (s Settings) browser() (loaderSettings, widgetSettings, error) {
	var (
		l loaderSettings
		w widgetSettings
	)
	if !basePattern.MatchString(s.Base) {
		return l, w, fmt.Errorf("base %q must be a path such as /_cobrowse, of letters, digits, '-', '_' and '.'", s.Base)
	}
	sdk, err := s.sdkURL()
	if err != nil {
		return l, w, err
	}
	style, err := s.Button.style()
	if err != nil {
		return l, w, err
	}
	keys, err := parseShortcut(s.Button.Shortcut)
	if err != nil {
		return l, w, err
	}
	zoom, err := s.Session.zoom()
	if err != nil {
		return l, w, err
	}
	masks, err := maskRules(s.Masks)
	if err != nil {
		return l, w, err
	}
	multiTab := s.Session.MultiTab != nil && *s.Session.MultiTab
	return loaderSettings{SDK: sdk, MultiTab: multiTab}, widgetSettings{
		None:     s.Button.None,
		Label:    s.Button.Label,
		Style:    style,
		Attach:   s.Button.Attach,
		Shortcut: keys,
		Eager:    s.Eager,
		MultiTab: multiTab,
		Zoom:     zoom,
		Masks:    masks,
	}, nil
}

// sdkURL returns the URL at which Zoom's documentation says the SDK is, on
// Zoom's host or, without an origin, on the site.
func (s Settings) sdkURL() (string, error) {
	switch {
	case !hostPattern.MatchString(s.ZoomHost):
		return "", fmt.Errorf("zoom host %q must be a host name such as us01-zcb.zoom.us, without scheme or path", s.ZoomHost)
	case s.ZoomPath != "" && !basePattern.MatchString(s.ZoomPath):
		return "", fmt.Errorf("zoom path %q must be a path such as /_cobrowse/sandbox, of letters, digits, '-', '_' and '.'", s.ZoomPath)
	case s.SDKKey == "":
		return "", errors.New("the SDK key is empty: it is one of the credentials on the page of the app in Zoom's Build portal")
	case !versionPattern.MatchString(s.SDKVersion):
		return "", fmt.Errorf("SDK version %q must be exact, such as 3.10.0, or a range, such as 3.10.x", s.SDKVersion)
	}
	zoom := "https://" + s.ZoomHost
	if s.ZoomPath != "" {
		zoom = s.ZoomPath
	}
	return zoom + "/static/resource/sdk/" + url.PathEscape(s.SDKKey) + "/js/" + s.SDKVersion, nil
}

// zoom returns the settings of ZoomCobrowseSDK.init, but for the mask. What
// the operator left open is left out, so that the portal's defaults hold.
func (s Session) zoom() (map[string]any, error) {
	z := map[string]any{}
	if s.AgentAnnotation != nil {
		z["allowAgentAnnotation"] = *s.AgentAnnotation
	}
	if s.CustomerAnnotation != nil {
		z["allowCustomerAnnotation"] = *s.CustomerAnnotation
	}
	if s.MultiTab != nil {
		z["multiTabSessionPersistence"] = map[string]any{"enable": *s.MultiTab}
	}
	assist := map[string]any{"enable": len(s.RemoteAssist) > 0}
	for _, kind := range s.RemoteAssist {
		if !wordPattern.MatchString(kind) {
			return nil, fmt.Errorf("remote assist type %q must be a word that Zoom knows, such as scroll_page", kind)
		}
	}
	if len(s.RemoteAssist) > 0 {
		// An agent never takes hold of a page unasked.
		assist["enableCustomerConsent"] = true
		assist["remoteAssistTypes"] = s.RemoteAssist
	}
	z["remoteAssist"] = assist
	return z, nil
}

// maskRules returns the rules in order, each with Zoom's piiMask.
func maskRules(masks []Mask) ([]maskRule, error) {
	rules := make([]maskRule, 0, len(masks))
	for i, m := range masks {
		paths, err := pathExpression(m.Paths)
		if err != nil {
			return nil, fmt.Errorf("mask %d: %w", i+1, err)
		}
		pii, err := m.piiMask()
		if err != nil {
			return nil, fmt.Errorf("mask %d: %w", i+1, err)
		}
		rules = append(rules, maskRule{Paths: paths, PIIMask: pii})
	}
	return rules, nil
}

// piiMask returns Zoom's setting: selectors and attributes are each one string
// with commas, and count beside all_input too.
func (m Mask) piiMask() (map[string]any, error) {
	if !m.AllInput && len(m.Selectors) == 0 && len(m.Attributes) == 0 {
		return nil, errors.New("masks nothing: name all_input, selectors or attributes")
	}
	pii := map[string]any{"maskType": "custom_input"}
	if m.AllInput {
		pii["maskType"] = "all_input"
	}
	if len(m.Selectors) > 0 {
		for _, s := range m.Selectors {
			if strings.TrimSpace(s) == "" {
				return nil, errors.New("a selector is empty: remove it, for it would void the others")
			}
		}
		pii["maskCssSelectors"] = strings.Join(m.Selectors, ", ")
	}
	if len(m.Attributes) > 0 {
		for _, a := range m.Attributes {
			if name, value, ok := strings.Cut(a, "="); !ok || name == "" || value == "" || strings.Contains(a, ",") {
				return nil, fmt.Errorf("attribute %q must be name=value without a comma", a)
			}
		}
		pii["maskHTMLAttributes"] = strings.Join(m.Attributes, ",")
	}
	return pii, nil
}

// pathExpression makes one regular expression, of the part that Go's and
// JavaScript's syntax share, of path patterns; none gives "", which matches all.
func pathExpression(paths []string) (string, error) {
	var parts []string
	for _, p := range paths {
		inner := strings.TrimSuffix(strings.TrimPrefix(p, "*"), "*")
		if p == "" || strings.Contains(inner, "*") || !strings.HasPrefix(p, "/") && !strings.HasPrefix(p, "*") {
			return "", fmt.Errorf("path %q must begin with '/' or '*', with '*' at its beginning or end only", p)
		}
		e := regexp.QuoteMeta(inner)
		if !strings.HasPrefix(p, "*") {
			e = "^" + e
		}
		if p != "*" && !strings.HasSuffix(p, "*") {
			e += "$"
		}
		parts = append(parts, e)
	}
	return strings.Join(parts, "|"), nil
}
