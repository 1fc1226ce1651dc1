package caddymodule

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// Words that settings are chosen from.
const (
	providerZoom    = "zoom"
	providerSandbox = "sandbox"
	cspAdjust       = "adjust"
	cspOff          = "off"
)

// Validate refuses settings that contradict each other or can never have an
// effect. Values by themselves are judged by [proxy.New], and grammar by
// UnmarshalCaddyfile, which calls Validate too, so that the error of a Caddyfile
// has a line. It changes nothing.
func (h *Handler) Validate() error {
	switch {
	case h.Provider != "" && h.Provider != providerZoom && h.Provider != providerSandbox:
		return fmt.Errorf("provider '%s' is unknown: it is %s or %s", h.Provider, providerZoom, providerSandbox)
	case h.Provider == providerSandbox && h.ZoomHost != "":
		return errors.New("provider sandbox serves what Zoom's host would, so zoom_host can have no effect: remove one of them")
	case h.Health != "" && (!strings.HasPrefix(h.Health, "/") || strings.ContainsAny(h.Health, "*?#%{}")):
		return fmt.Errorf("health '%s' is no path: write one that begins with a slash and means itself alone, such as /healthz", h.Health)
	}
	if err := h.validateHealth(h.Path); err != nil {
		return err
	}
	if err := noDuplicates("sdk_secret", h.SDKSecrets, false); err != nil {
		return err
	}
	if err := noDuplicates("origins", h.Origins, true); err != nil {
		return err
	}
	if err := noDuplicates("private", h.Private, true); err != nil {
		return err
	}
	for _, check := range []func() error{h.CSP.validate, h.Button.validate, h.Customer.validate, h.Video.validate} {
		if err := check(); err != nil {
			return err
		}
	}
	return validateMasks(h.Masks)
}

// validateHealth refuses a health path that is this handler's own already. The
// prefix is asked for again once its placeholders are expanded.
func (h *Handler) validateHealth(prefix string) error {
	cfg := proxy.Config{Path: prefix}
	if h.Health == "" || !cfg.Owns(h.Health) {
		return nil
	}
	return fmt.Errorf("health '%s' is at or below path, where everything is the handler's own: write a path of the site that nothing else answers, such as /healthz", h.Health)
}

// noDuplicates refuses a list that has a value twice. The value is shown only
// where that is harmless.
func noDuplicates(subdirective string, values []string, show bool) error {
	for i, v := range values {
		switch {
		case !slices.Contains(values[:i], v):
		case show:
			return fmt.Errorf("%s has '%s' twice: remove one", subdirective, v)
		default:
			return fmt.Errorf("%s has the same value twice: remove one", subdirective)
		}
	}
	return nil
}

func (c *CSP) validate() error {
	switch {
	case c == nil:
		return nil
	case c.Mode != "" && c.Mode != cspAdjust && c.Mode != cspOff:
		return fmt.Errorf("csp '%s' is unknown: it is %s or %s", c.Mode, cspAdjust, cspOff)
	case c.Mode == cspOff && len(c.Allow) > 0:
		return errors.New("csp off changes no policy, so csp allow can have no effect: remove one of them")
	}
	return noDuplicates("csp allow", c.Allow, true)
}

func (b *Button) validate() error {
	if b != nil && b.None && (b.Label != "" || b.Position != "" || b.Color != "") {
		return errors.New("button none shows no button, so its label, position and color can have no effect: remove one or the other")
	}
	return nil
}

func (c *Customer) validate() error {
	if c == nil {
		return nil
	}
	for _, field := range []struct{ name, value string }{{"id", c.ID}, {"name", c.Name}} {
		if field.value != "" && !strings.Contains(field.value, "{") {
			return fmt.Errorf("customer %s '%s' has no placeholder, so all customers would share it: write one such as {http.auth.user.id}", field.name, field.value)
		}
	}
	return nil
}

func validateMasks(masks []Mask) error {
	for i, m := range masks {
		if !m.AllInput && len(m.Selectors) == 0 && len(m.Attributes) == 0 {
			return errors.New("mask masks nothing: give it all_input, selectors or attributes")
		}
		for _, path := range m.Paths {
			if !strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "*") {
				return fmt.Errorf("mask path '%s' begins neither with a slash nor with *", path)
			}
		}
		for _, attribute := range m.Attributes {
			if name, _, found := strings.Cut(attribute, "="); !found || name == "" {
				return fmt.Errorf("mask attribute '%s' is no pair: write name=value", attribute)
			}
		}
		if len(m.Paths) == 0 && i < len(masks)-1 {
			return errors.New("mask without paths covers every page, so the masks after it can have no effect: put it last")
		}
	}
	return nil
}
