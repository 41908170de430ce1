package cli

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"
	"passkeyaudit/graphclient"
)

// connectOptions are the flags of every command that can talk to Graph.
type connectOptions struct {
	Auth, Cloud            string
	TenantID, ClientID     string
	GraphURL, AuthorityURL string
	CAFile                 string
	Limits                 string
	Debug                  bool
}

func (o *connectOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.TenantID, "tenant-id", "", "directory id or domain of the tenant (AZURE_TENANT_ID)")
	f.StringVar(&o.ClientID, "client-id", "", "application id of the app registration (AZURE_CLIENT_ID)")
	f.StringVar(&o.Auth, "auth", string(graphclient.AuthDefault), "how to sign in: "+strings.Join(graphclient.Auths(), ", "))
	f.StringVar(&o.Cloud, "cloud", "", "national cloud: "+strings.Join(graphclient.Clouds(), ", ")+` (default "public")`)
	f.StringVar(&o.GraphURL, "graph-url", "", "other root of Microsoft Graph, for emulators, proxies and private endpoints")
	f.StringVar(&o.AuthorityURL, "authority-url", "", "other root of the sign-in service")
	f.StringVar(&o.CAFile, "ca-file", "", "PEM `FILE` of certificate authorities to trust beside the system's")
	f.StringVar(&o.Limits, "limits", limitsGraph, "pace of requests: graph (below Microsoft Graph's limits), none (for look-alikes without limits)")
	f.BoolVar(&o.Debug, "debug", false, "log every request to standard error: method, path, status, request id")
	complete(cmd, "auth", graphclient.Auths()...)
	complete(cmd, "limits", limitsGraph, limitsNone)
	complete(cmd, "cloud", graphclient.Clouds()...)
	cobra.CheckErr(cmd.MarkFlagFilename("ca-file", "pem", "crt"))
}

// What --limits takes.
const (
	limitsGraph = "graph"
	limitsNone  = "none"
)

// given tells whether the caller said anything about a live tenant, by flag or by
// environment.
func (o *connectOptions) given(cmd *cobra.Command, getenv func(string) string) bool {
	for _, name := range []string{"tenant-id", "client-id", "auth", "cloud", "graph-url", "authority-url"} {
		if cmd.Flags().Changed(name) {
			return true
		}
	}
	return getenv("AZURE_TENANT_ID") != "" || getenv("AZURE_CLIENT_ID") != ""
}

// validate checks what can be checked without signing in.
func (o *connectOptions) validate() error {
	if _, err := graphclient.ParseAuth(o.Auth); err != nil {
		return usageError{err}
	}
	if _, err := graphclient.ParseCloud(o.Cloud); err != nil {
		return usageError{err}
	}
	if o.Limits != limitsGraph && o.Limits != limitsNone {
		return usagef("--limits %q is neither %s nor %s", o.Limits, limitsGraph, limitsNone)
	}
	return nil
}

// connect makes a client. It does not talk to the network yet.
func (o *connectOptions) connect(ctx context.Context, d *Deps, p *progress) (*graphclient.Client, error) {
	cfg := graphclient.Config{
		Auth: graphclient.Auth(o.Auth), Cloud: graphclient.Cloud(o.Cloud),
		TenantID: o.TenantID, ClientID: o.ClientID,
		GraphURL: o.GraphURL, AuthorityURL: o.AuthorityURL, CAFile: o.CAFile,
		UserAgent: "passkeyaudit/" + d.Version,
		Prompt:    d.IO.Err, Getenv: d.IO.Getenv, OnWait: p.waiting, Retry: d.Retry, Transport: d.Transport,
	}
	if o.Limits != limitsNone {
		limits := graphclient.NewLimits()
		limits.Pacing = p.pacing
		cfg.Limiter = limits
	}
	if o.Debug {
		cfg.Logger = slog.New(slog.NewTextHandler(d.IO.Err, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	client, err := graphclient.New(ctx, cfg)
	if _, mistake := errors.AsType[*graphclient.ConfigError](err); mistake {
		err = usageError{err}
	}
	return client, err
}

// cloudName is what the manifest records.
func (o *connectOptions) cloudName() string {
	return cmp.Or(o.Cloud, string(graphclient.CloudPublic))
}

// liveFlags are the flags of a live run.
var liveFlags = []string{"tenant-id", "client-id", "auth", "cloud", "graph-url", "authority-url", "ca-file", "limits", "save", "since", "beta-sign-ins"}

// exclusiveWithFrom makes the flags of a live run and --from exclude each other.
func exclusiveWithFrom(cmd *cobra.Command) {
	for _, name := range liveFlags {
		if cmd.Flags().Lookup(name) != nil {
			cmd.MarkFlagsMutuallyExclusive("from", name)
		}
	}
}

// connectionHint says what to do about an answer of Graph that ended a run.
func connectionHint(err error) string {
	e, ok := errors.AsType[*graphclient.Error](err)
	switch {
	case !ok:
		return ""
	case e.Unauthenticated():
		return "Graph does not take the token: check --cloud, --tenant-id and the way to sign in."
	case e.Throttled():
		return "Graph is throttling this app. Wait some minutes and try again."
	default:
		return ""
	}
}
