package graphclient

import (
	"net/url"
	"strings"
)

// origin is scheme, host and port as text, for errors.
func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// sameOrigin returns a *HostError unless u has root's scheme, host and port.
func sameOrigin(root, u *url.URL) error {
	if strings.EqualFold(u.Scheme, root.Scheme) && strings.EqualFold(u.Hostname(), root.Hostname()) && port(u) == port(root) {
		return nil
	}
	return &HostError{Host: oneLine(origin(u), 300), Want: origin(root), Reason: "no request goes to another host"}
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	switch strings.ToLower(u.Scheme) {
	case "https":
		return "443"
	case "http":
		return "80"
	}
	return ""
}

// below gives the escaped path under root's version segment, without the leading
// slash.
func below(root, u *url.URL) (string, bool) {
	p, ok := strings.CutPrefix(u.EscapedPath(), strings.TrimSuffix(root.EscapedPath(), "/")+"/")
	if !ok {
		return "", false
	}
	version, rest, ok := strings.Cut(p, "/")
	return rest, ok && (version == versionStable || version == versionBeta)
}
