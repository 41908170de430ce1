package collect

import (
	"context"
	"errors"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
)

// unknownTenant stands in the manifest, which needs an id, where neither Graph
// nor the caller named the tenant.
const unknownTenant = "unknown"

// errNoObject is an answer without what was asked for.
var errNoObject = errors.New("the answer holds no object")

// firstRow reads a collection of one.
func firstRow(ctx context.Context, c *graphclient.Client, req graphclient.Request) (entra.Raw, error) {
	progress := newAdvance(0)
	for page, err := range c.Pages(ctx, req) {
		if err != nil {
			return nil, err
		}
		if len(page.Rows) > 0 {
			return page.Rows[0], nil
		}
		if err := progress.page(0, 0); err != nil {
			return nil, err
		}
	}
	return nil, errNoObject
}

// tenantOf names the tenant as its organization does.
func tenantOf(raw entra.Raw, hint string) snapshot.Tenant {
	t := snapshot.Tenant{ID: hint}
	var org entra.Organization
	if raw != nil && entra.Decode(raw, &org) == nil {
		if org.ID != "" {
			t.ID = org.ID
		}
		t.DisplayName = org.DisplayName
		for _, d := range org.VerifiedDomains {
			if d.IsDefault {
				t.DefaultDomain = d.Name
			}
		}
	}
	if t.ID == "" {
		t.ID = unknownTenant
	}
	return t
}

// readOrganization records what the run began with.
func readOrganization(_ context.Context, j *job) error {
	if j.r.org.err != nil {
		return j.r.org.err
	}
	return j.append(j.r.org.raw)
}

func readSkus(ctx context.Context, j *job) error {
	err := j.list(ctx, graphclient.SubscribedSkus())
	j.r.licences.learn(j.r.skus, err == nil)
	return err
}

// readDomains adds to each federated domain how its identity provider's
// multifactor authentication counts, which is a collection of its own.
func readDomains(ctx context.Context, j *job) error {
	var refused error
	failed := 0
	err := j.listInto(ctx, &idSet{}, "id", func(rows []entra.Raw) error {
		for i, row := range rows {
			var d entra.Domain
			if _, there := entra.Lookup(row, "/federationConfiguration"); there ||
				entra.Decode(row, &d) != nil || d.ID == "" || !strings.EqualFold(d.AuthenticationType, "Federated") {
				continue
			}
			settings, err := j.r.client.Post(ctx, graphclient.DomainFederation(d.ID))
			if err == nil {
				rows[i], err = splice(row, "federationConfiguration", join(settings))
			}
			switch {
			case err == nil:
			case ctx.Err() != nil || lostToken(err):
				return err
			default:
				refused, failed = err, failed+1
			}
		}
		return j.append(rows...)
	}, graphclient.Domains())
	if failed > 0 {
		j.note("the federation settings of %d domains could not be read: %s", failed, reasonOf(refused))
	}
	return err
}
