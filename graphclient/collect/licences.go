package collect

import (
	"context"
	"strings"
	"sync"

	"passkeyaudit/audit/entra"
	"passkeyaudit/graphclient"
)

// licences knows what the tenant has bought. Where the section was not asked for,
// the licences are read when they are first needed, and not recorded.
type licences struct {
	client *graphclient.Client

	mu    sync.Mutex
	asked bool
	known bool
	plans map[string]bool
}

// learn takes the rows of subscribedSkus. known is false if they could not all
// be read.
func (l *licences) learn(rows []entra.Raw, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.set(rows, known)
}

func (l *licences) set(rows []entra.Raw, known bool) {
	l.asked, l.known, l.plans = true, known, map[string]bool{}
	for _, row := range rows {
		var sku entra.SubscribedSku
		if entra.Decode(row, &sku) != nil {
			// A licence that cannot be understood may be any.
			l.known = false
			continue
		}
		switch strings.ToLower(sku.CapabilityStatus) {
		case "suspended", "lockedout", "deleted":
			continue
		}
		for _, p := range sku.ServicePlans {
			if !strings.EqualFold(p.ProvisioningStatus, "Disabled") {
				l.plans[strings.ToUpper(p.ServicePlanName)] = true
			}
		}
	}
}

// lack tells whether the tenant is known to be without a licence.
func (l *licences) lack(ctx context.Context, licence Licence) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	has, known := l.find(ctx, licence)
	return known && !has
}

// has tells whether the tenant has a licence, if that is known.
func (l *licences) has(ctx context.Context, licence Licence) (has, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.find(ctx, licence)
}

func (l *licences) find(ctx context.Context, licence Licence) (has, known bool) {
	if !l.asked {
		rows, err := l.client.Post(ctx, graphclient.SubscribedSkus())
		l.set(rows, err == nil)
	}
	for plan := range l.plans {
		if grants(plan, licence) {
			return true, true
		}
	}
	return false, l.known
}

// grants tells whether a service plan gives a licence. Source for the names:
// Microsoft's "product names and service plan identifiers" page. INTUNE_O365 is
// the device management inside Microsoft 365 and not Intune.
func grants(plan string, licence Licence) bool {
	switch licence {
	case EntraP1:
		return strings.HasPrefix(plan, "AAD_PREMIUM")
	case EntraP2:
		return strings.HasPrefix(plan, "AAD_PREMIUM_P2") || strings.HasPrefix(plan, "ENTRA_IDENTITY_GOVERNANCE")
	case Intune:
		return strings.HasPrefix(plan, "INTUNE") && plan != "INTUNE_O365"
	}
	return true
}

// planNames is what an entry says is needed.
func planNames(licence Licence) []string {
	switch licence {
	case EntraP1:
		return []string{"AAD_PREMIUM"}
	case EntraP2:
		return []string{"AAD_PREMIUM_P2"}
	case Intune:
		return []string{"INTUNE_A"}
	}
	return nil
}
