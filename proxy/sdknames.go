package proxy

import "fmt"

// Names of the variables that hold the Cobrowse SDK's credentials. Zoom's samples of
// the token server and of the quickstart have the first two; newer ones name the SDK,
// since an account may have credentials of several.
const (
	EnvSDKKey            = "ZOOM_SDK_KEY"
	EnvSDKSecret         = "ZOOM_SDK_SECRET" //nolint:gosec // a name, not a secret
	EnvCobrowseSDKKey    = "ZOOM_COBROWSE_SDK_KEY"
	EnvCobrowseSDKSecret = "ZOOM_COBROWSE_SDK_SECRET" //nolint:gosec // a name, not a secret
)

// SDKVariables returns the names of the variables to read the credentials from:
// ZOOM_SDK_KEY and ZOOM_SDK_SECRET, or where neither is set and one of the others is,
// ZOOM_COBROWSE_SDK_KEY and ZOOM_COBROWSE_SDK_SECRET. A key is never taken of one pair
// with the secret of the other. Where both name the same thing and differ, one of them
// is another SDK's, and nobody but the operator knows which: the error names both, and
// no value. A variable that is empty counts as not set.
func SDKVariables(getenv func(string) string) (key, secret string, err error) {
	for _, names := range [][2]string{{EnvSDKKey, EnvCobrowseSDKKey}, {EnvSDKSecret, EnvCobrowseSDKSecret}} {
		if one, other := getenv(names[0]), getenv(names[1]); one != "" && other != "" && one != other {
			return "", "", fmt.Errorf("%s and %s are both set, and differ: keep the one that is the Cobrowse SDK's", names[0], names[1])
		}
	}
	older := getenv(EnvSDKKey) != "" || getenv(EnvSDKSecret) != ""
	newer := getenv(EnvCobrowseSDKKey) != "" || getenv(EnvCobrowseSDKSecret) != ""
	if newer && !older {
		return EnvCobrowseSDKKey, EnvCobrowseSDKSecret, nil
	}
	return EnvSDKKey, EnvSDKSecret, nil
}
