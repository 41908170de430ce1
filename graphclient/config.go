package graphclient

import (
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// Config says how to reach Graph. The zero value reads the public cloud with
// whatever credential the environment offers.
type Config struct {
	Auth  Auth
	Cloud Cloud

	// TenantID and ClientID fall back to AZURE_TENANT_ID and AZURE_CLIENT_ID.
	TenantID string
	ClientID string

	// GraphURL and AuthorityURL replace the cloud's roots, for emulators, proxies
	// and private endpoints. Both have to be https, except that GraphURL may be
	// plain http on localhost, 127.0.0.1 and [::1]. GraphURL is given without
	// version. It does not change the token's audience: that stays the cloud's. An
	// AuthorityURL is taken as it is, without asking Microsoft whether it is known.
	// With neither Cloud nor AuthorityURL, AZURE_AUTHORITY_HOST is used.
	GraphURL     string
	AuthorityURL string

	// CAFile is a PEM file of certificate authorities trusted beside the system's,
	// for Graph and for the authority.
	CAFile string

	UserAgent string // default "passkeyaudit"

	// Logger gets one debug line for every attempt: method, path with ids replaced
	// by their names, status and request-id. Never tokens, names or queries. nil
	// logs nothing.
	Logger *slog.Logger

	// Prompt is where device-code instructions go. nil means standard error.
	Prompt io.Writer

	// Transport carries requests to Graph and the authority; [Guard] always stands
	// before it. nil means TLS 1.2 or newer with the proxy of the environment. With
	// a Transport, CAFile cannot be honoured and is an error.
	Transport http.RoundTripper

	// Getenv looks up environment variables; nil means os.Getenv. The default
	// chain and managed identity of azidentity read the process's environment
	// whatever Getenv says.
	Getenv func(string) string

	Limiter Limiter // nil means none
	Retry   Retry

	// OnWait is called before every wait for another try, with the bucket, the
	// length of the wait and what caused it. It must be safe for concurrent use.
	OnWait func(b Bucket, d time.Duration, cause error)
}

// Retry bounds how often and how long a read is tried again. Zero members take
// the defaults.
type Retry struct {
	Tries   int           // attempts in all, default 5
	MaxWait time.Duration // all waits of one call together, default 15 minutes
	Base    time.Duration // first back-off, default 1 second; it doubles with every try
	Cap     time.Duration // longest back-off, default 1 minute; a Retry-After may be longer
}

func (r Retry) withDefaults() Retry {
	if r.Tries <= 0 {
		r.Tries = 5
	}
	if r.MaxWait <= 0 {
		r.MaxWait = 15 * time.Minute
	}
	if r.Base <= 0 {
		r.Base = time.Second
	}
	if r.Cap <= 0 {
		r.Cap = time.Minute
	}
	return r
}

// settings is a Config with every default and fallback applied.
type settings struct {
	Config
	graph         *url.URL
	authority     string
	ownAuthority  bool // not one that azidentity knows: it must not ask Microsoft about it
	graphAudience string
}

func (c Config) settle() (settings, error) {
	s := settings{Config: c}
	if s.Getenv == nil {
		s.Getenv = os.Getenv
	}
	if s.Prompt == nil {
		s.Prompt = os.Stderr
	}
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	if s.UserAgent == "" {
		s.UserAgent = "passkeyaudit"
	}
	s.Retry = s.Retry.withDefaults()
	var err error
	if s.Auth, err = ParseAuth(string(c.Auth)); err != nil {
		return s, err
	}
	if s.Cloud, err = ParseCloud(string(c.Cloud)); err != nil {
		return s, err
	}
	if s.TenantID == "" {
		s.TenantID = s.Getenv("AZURE_TENANT_ID")
	}
	if s.ClientID == "" {
		s.ClientID = s.Getenv("AZURE_CLIENT_ID")
	}
	known := rootsOf[s.Cloud]
	s.graphAudience = known.graph
	if s.graph, err = parseRoot("graph-url", orElse(c.GraphURL, known.graph), true); err != nil {
		return s, err
	}
	s.authority = known.authority
	own := c.AuthorityURL
	setting := "authority-url"
	if own == "" && c.Cloud == "" {
		own, setting = s.Getenv("AZURE_AUTHORITY_HOST"), "AZURE_AUTHORITY_HOST"
	}
	if own != "" {
		u, err := parseRoot(setting, own, false)
		if err != nil {
			return s, err
		}
		s.authority = u.String()
		s.ownAuthority = c.AuthorityURL != "" || !wellKnownAuthority(s.authority)
	}
	return s, nil
}

func wellKnownAuthority(s string) bool {
	for _, r := range rootsOf {
		if r.authority == s {
			return true
		}
	}
	return false
}

// parseRoot reads an absolute address that paths are appended to.
func parseRoot(setting, s string, plainLocal bool) (*url.URL, error) {
	bad := func(problem, hint string) (*url.URL, error) {
		shown := s
		if u, err := url.Parse(s); err != nil || u.User != nil {
			shown = "" // it may hold a password
		}
		return nil, &ConfigError{Setting: setting, Value: shown, Problem: problem, Hint: hint}
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Hostname() == "" || u.Opaque != "" {
		return bad("not an absolute URL", "write it like https://host:port")
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return bad("user, query and fragment have no place in it", "write it like https://host:port")
	}
	switch u.Scheme {
	case "https":
	case "http":
		switch {
		case !plainLocal:
			return bad("plain http would show credentials", "use https")
		case !isLoopback(u.Hostname()):
			return bad("plain http would show the token", "use https; http is for localhost, 127.0.0.1 and [::1] only")
		}
	default:
		return bad("not an https URL", "write it like https://host:port")
	}
	u.Host = strings.ToLower(u.Host)
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = strings.TrimRight(u.RawPath, "/")
	for _, v := range []string{versionStable, versionBeta} {
		if plainLocal && strings.HasSuffix(u.Path, "/"+v) {
			return bad("it ends in a version", "leave out /"+v)
		}
	}
	return u, nil
}

func isLoopback(host string) bool {
	switch strings.ToLower(host) {
	case "localhost", "127.0.0.1", "::1":
		return true
	}
	return false
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
