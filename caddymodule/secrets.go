package caddymodule

import (
	"cmp"
	"fmt"
	"log/slog"
	"regexp"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// defaultSDKSecret is where the secret should come from; see [defaultCredentials].
const defaultSDKSecret = "{env." + proxy.EnvSDKSecret + "}"

// credentials are the SDK key and secrets in clear. They are handed on, and never
// kept in the handler: what prints a module by accident would print its
// unexported fields too.
type credentials struct {
	key     string
	secrets []string
}

// expandCredentials reads the key and the secrets from where the configuration
// says they are. All that is missing is reported at once.
func (h *Handler) expandCredentials(repl *caddy.Replacer, logger *slog.Logger) (credentials, error) {
	if h.sandboxCredentials(repl) {
		return credentials{}, nil
	}
	rawKey, rawSecrets := h.SDKKey, h.SDKSecrets
	if rawKey == "" || len(rawSecrets) == 0 {
		key, secret, err := defaultCredentials(repl)
		if err != nil {
			return credentials{}, err
		}
		rawKey = cmp.Or(rawKey, key)
		if len(rawSecrets) == 0 {
			rawSecrets = []string{secret}
		}
	}
	var c credentials
	var err error
	c.key, err = expandCredential(repl, rawKey, "sdk_key", "SDK key")
	faults := []error{err}
	for _, raw := range rawSecrets {
		secret, err := expandCredential(repl, raw, "sdk_secret", "SDK secret")
		if err == nil && secret == raw {
			warnWrittenOut(logger, "sdk_secret", defaultSDKSecret)
		}
		c.secrets = append(c.secrets, secret)
		faults = append(faults, err)
	}
	if err := joinFaults(faults); err != nil {
		return credentials{}, err
	}
	return c, nil
}

// sandboxCredentials says whether the sandbox is left to make its own: where
// none are configured, and the defaults yield none either.
func (h *Handler) sandboxCredentials(repl *caddy.Replacer) bool {
	if h.Provider != providerSandbox || h.SDKKey != "" || len(h.SDKSecrets) > 0 {
		return false
	}
	key, secret, err := defaultCredentials(repl)
	return err == nil && repl.ReplaceAll(key, "") == "" && repl.ReplaceAll(secret, "") == ""
}

// defaultCredentials returns the placeholders to read where the operator names none,
// as [proxy.SDKVariables] has it.
func defaultCredentials(repl *caddy.Replacer) (key, secret string, err error) {
	key, secret, err = proxy.SDKVariables(func(name string) string {
		value, _ := repl.GetString("env." + name)
		return value
	})
	return "{env." + key + "}", "{env." + secret + "}", err
}

// expandCredential expands the placeholders of one credential. The error says
// what is missing and how to mend it. It never holds a value, nor the text of
// an unknown placeholder, which may be a part of a secret with braces in it.
func expandCredential(repl *caddy.Replacer, raw, subdirective, what string) (string, error) {
	return expandSecret(repl, raw, subdirective, fmt.Sprintf("set it to the %s that Zoom's Build portal shows, or name another source in the cobrowse block, such as \"%s {file./run/secrets/zoom_%s}\"",
		what, subdirective, subdirective))
}

// warnWrittenOut warns of a secret that stands in the configuration itself.
func warnWrittenOut(logger *slog.Logger, subdirective, better string) {
	logger.Warn("a secret is written out in the configuration, where the admin API and autosave.json show it",
		"subdirective", subdirective,
		"cure", "write "+better+" or {file.<path>}; {$NAME} is replaced while the Caddyfile is parsed and counts as written out")
}

// expandSecret is expandCredential for any secret, with the cure where it is
// missing.
func expandSecret(repl *caddy.Replacer, raw, subdirective, cure string) (string, error) {
	value, err := repl.ReplaceOrErr(raw, true, true)
	if err == nil && strings.TrimSpace(value) == value && value != "" {
		return value, nil
	}
	if err == nil {
		return "", fmt.Errorf("%s is empty, or has white space around it: %s", subdirective, cure)
	}
	if place := emptySource(repl, raw); place != "" {
		return "", fmt.Errorf("%s is missing: %s: %s", subdirective, place, cure)
	}
	return "", fmt.Errorf("%s has a placeholder that Caddy does not know; {env.<name>} and {file.<path>} work, and braces that belong to the value are written \\{ and \\}", subdirective)
}

// sourcePattern finds the placeholders that credentials are made of.
var sourcePattern = regexp.MustCompile(`\{(env|file)\.([^{}]+)\}`)

// emptySource names the first environment variable or file in raw that yields
// nothing.
func emptySource(repl *caddy.Replacer, raw string) string {
	for _, m := range sourcePattern.FindAllStringSubmatch(raw, -1) {
		if value, _ := repl.GetString(m[1] + "." + m[2]); value != "" {
			continue
		}
		if m[1] == "env" {
			return "the environment variable " + m[2] + " is not set, or empty"
		}
		return "the file " + m[2] + " cannot be read, or is empty"
	}
	return ""
}

// expand fills the placeholders of a setting that is no secret, and may
// therefore be named in the error.
func expand(repl *caddy.Replacer, raw, subdirective string) (string, error) {
	value, err := repl.ReplaceOrErr(raw, true, true)
	if err != nil {
		return "", fmt.Errorf("%s: %w", subdirective, err)
	}
	return value, nil
}

// expander expands settings that are no secrets, and collects what is wrong with
// them.
type expander struct {
	repl   *caddy.Replacer
	faults []error
}

// set expands raw, the value of a subdirective, into field.
func (e *expander) set(field *string, raw, subdirective string) {
	value, err := expand(e.repl, raw, subdirective)
	*field = value
	e.faults = append(e.faults, err)
}

// joinFaults makes one line of several errors, since Caddy shows an error in
// one line of its log.
func joinFaults(faults []error) error {
	var joined error
	for _, err := range faults {
		switch {
		case err == nil:
		case joined == nil:
			joined = err
		default:
			joined = fmt.Errorf("%w; and %w", joined, err)
		}
	}
	return joined
}
