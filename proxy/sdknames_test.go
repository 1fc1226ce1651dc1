package proxy

import (
	"strings"
	"testing"
)

func TestSDKVariables(t *testing.T) {
	const none = ""
	for name, test := range map[string]struct {
		env         map[string]string
		key, secret string
		err         string
	}{
		"nothing":            {nil, EnvSDKKey, EnvSDKSecret, none},
		"the sample's":       {map[string]string{EnvSDKKey: "k", EnvSDKSecret: "s"}, EnvSDKKey, EnvSDKSecret, none},
		"a newer sample's":   {map[string]string{EnvCobrowseSDKKey: "k", EnvCobrowseSDKSecret: "s"}, EnvCobrowseSDKKey, EnvCobrowseSDKSecret, none},
		"both, the same":     {map[string]string{EnvSDKKey: "k", EnvSDKSecret: "s", EnvCobrowseSDKKey: "k", EnvCobrowseSDKSecret: "s"}, EnvSDKKey, EnvSDKSecret, none},
		"older ones empty":   {map[string]string{EnvSDKKey: "", EnvSDKSecret: "", EnvCobrowseSDKKey: "k", EnvCobrowseSDKSecret: "s"}, EnvCobrowseSDKKey, EnvCobrowseSDKSecret, none},
		"newer one alone":    {map[string]string{EnvCobrowseSDKKey: "k"}, EnvCobrowseSDKKey, EnvCobrowseSDKSecret, none},
		"halves of two":      {map[string]string{EnvSDKKey: "k", EnvCobrowseSDKSecret: "s"}, EnvSDKKey, EnvSDKSecret, none},
		"keys that differ":   {map[string]string{EnvSDKKey: "value-a", EnvCobrowseSDKKey: "value-b"}, "", "", "ZOOM_SDK_KEY and ZOOM_COBROWSE_SDK_KEY are both set, and differ"},
		"secret that differ": {map[string]string{EnvSDKSecret: "value-a", EnvCobrowseSDKSecret: "value-b"}, "", "", "ZOOM_SDK_SECRET and ZOOM_COBROWSE_SDK_SECRET are both set, and differ"},
	} {
		key, secret, err := SDKVariables(func(name string) string { return test.env[name] })
		if key != test.key || secret != test.secret || (err != nil) != (test.err != none) {
			t.Errorf("%s: %s, %s, %v", name, key, secret, err)
		}
		if err != nil && (!strings.Contains(err.Error(), test.err) || strings.Contains(err.Error(), "value-")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
