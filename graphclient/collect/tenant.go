package collect

import (
	"cmp"
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

// whole checks that an answer holds something of the object that was asked for. Services
// have been seen to answer 200 with nothing in it but annotations, or with the empty
// list of a collection.
func whole(raw entra.Raw) (entra.Raw, error) {
	for name := range entra.Members(raw) {
		if name != "value" && name != "error" && !strings.Contains(name, "@odata.") {
			return raw, nil
		}
	}
	return nil, errNoObject
}

// firstRow reads a collection of one.
func firstRow(ctx context.Context, c *graphclient.Client, req graphclient.Request) (entra.Raw, error) {
	progress := newAdvance(0)
	for page, err := range c.Pages(ctx, req) {
		if err != nil {
			return nil, err
		}
		if len(page.Rows) > 0 {
			return whole(page.Rows[0])
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

// tenantHint names the tenant where its organization cannot be read: by the token, or as
// whoever runs this does, which may be by a domain.
func (r *run) tenantHint(ctx context.Context) string {
	if r.org.err == nil {
		return r.opts.TenantID
	}
	id, err := r.client.Identity(ctx)
	if err != nil {
		return r.opts.TenantID
	}
	return cmp.Or(id.TenantID, r.opts.TenantID)
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
		j.lacking(refused, "the federation settings of %s could not be read: %s", counted(failed, "domain", "domains"), reasonOf(refused))
	}
	return err
}
