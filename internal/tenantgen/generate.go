package tenantgen

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// tenant is a shape being written.
type tenant struct {
	Shape
	id string
}

// Generate writes the tenant of a shape into dir, which must be empty or absent.
func Generate(ctx context.Context, dir string, s Shape) error {
	if err := s.validate(); err != nil {
		return err
	}
	t := &tenant{Shape: s}
	t.id = t.guid(ofID, 1<<43)
	encoding := snapshot.Zstd
	if s.Plain {
		encoding = snapshot.Plain
	}
	w, err := snapshot.Create(dir, snapshot.Manifest{
		Tool:   &snapshot.Tool{Name: "tenantgen", Version: fmt.Sprint(Version)},
		Tenant: snapshot.Tenant{ID: t.id, DisplayName: companyName, DefaultDomain: mainDomain},
		Cloud:  "public", Scope: snapshot.Scope{Kind: snapshot.ScopeTenant},
		StartedAt: takenAt.Add(-40 * time.Minute).Format(time.RFC3339), TakenAt: takenAt.Format(time.RFC3339),
	}, encoding)
	if err != nil {
		return fmt.Errorf("writing a tenant: %w", err)
	}
	err = t.write(ctx, w)
	if err = errors.Join(err, w.Close()); err != nil {
		return fmt.Errorf("writing a tenant: %w", err)
	}
	return nil
}

// fillers are the sections, the longest first.
func (t *tenant) fillers() []filler {
	return []filler{
		{snapshot.Users, t.userRows},
		{snapshot.UserRegistrationDetails, t.reportRows},
		{snapshot.GroupMembers, t.memberRows},
		{snapshot.Devices, t.deviceRows},
		{snapshot.AuthenticationMethods, t.methodRows},
		{snapshot.ManagedDevices, t.managedRows},
		{snapshot.SignIns, t.signInRows},
		{snapshot.DirectoryAudits, t.auditRows},
		{snapshot.RiskyUsers, t.riskyRows},
		{snapshot.RoleAssignments, t.assignmentRows},
		{snapshot.RoleEligibility, t.eligibilityRows},
		{snapshot.Groups, t.groupRows},
		{snapshot.Organization, t.organization},
		{snapshot.AuthenticationMethodsPolicy, t.methodsPolicy},
		{snapshot.SecurityDefaults, t.securityDefaults},
		{snapshot.CrossTenantAccessPolicy, t.crossTenantDefault},
		{snapshot.CrossTenantPartners, t.crossTenantPartners},
		{snapshot.AuthenticationStrengths, t.strengthRows},
		{snapshot.ConditionalAccessPolicies, t.policyRows},
		{snapshot.NamedLocations, t.locationRows},
		{snapshot.ServicePrincipals, t.servicePrincipalRows},
		{snapshot.SubscribedSkus, t.skuRows},
		{snapshot.Domains, t.domainRows},
	}
}

func (t *tenant) write(ctx context.Context, w *snapshot.Writer) error {
	queue := make(chan filler)
	var mu sync.Mutex
	var all []error
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for f := range queue {
				if err := t.section(ctx, w, f); err != nil {
					mu.Lock()
					all = append(all, err)
					mu.Unlock()
				}
			}
		})
	}
	for _, f := range t.fillers() {
		queue <- f
	}
	close(queue)
	wg.Wait()
	return errors.Join(all...)
}

func (t *tenant) section(ctx context.Context, w *snapshot.Writer, f filler) error {
	entry := snapshot.SectionEntry{State: snapshot.Complete}
	switch f.section {
	case snapshot.SignIns, snapshot.DirectoryAudits:
		if f.section == snapshot.SignIns && t.SignIns == 0 || f.section == snapshot.DirectoryAudits && t.Audits == 0 {
			entry.State, entry.Reason = snapshot.NotCollected, "not asked for"
		} else {
			entry.From, entry.To = takenAt.AddDate(0, 0, -logDays).Format(time.RFC3339), takenAt.Format(time.RFC3339)
		}
	}
	sw, err := w.Section(f.section)
	if err != nil {
		return err
	}
	if entry.State.HasRows() {
		rows := 0
		err := f.fill(func(raw entra.Raw) error {
			if rows++; rows%1024 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			return sw.Append(raw)
		})
		if err != nil {
			return err
		}
	}
	return sw.Finish(entry)
}
