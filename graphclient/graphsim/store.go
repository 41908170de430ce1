package graphsim

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"passkeyaudit/audit/snapshot"
)

// store gives the recorded sections as tables, each read when first asked for.
type store struct {
	snap *snapshot.Snapshot

	mu     sync.Mutex
	tables map[snapshot.SectionID]func() (*table, error)

	members members
	matches matches
}

func newStore(snap *snapshot.Snapshot) *store {
	return &store{snap: snap, tables: map[snapshot.SectionID]func() (*table, error){}}
}

// indexed names the members by which rows of a section are found.
var indexed = map[snapshot.SectionID][]string{
	snapshot.Users:                 {"id", "userPrincipalName"},
	snapshot.Groups:                {"id"},
	snapshot.GroupMembers:          {"groupId"},
	snapshot.AuthenticationMethods: {"userId"},
	snapshot.ServicePrincipals:     {"id", "appId"},
	snapshot.Devices:               {"id"},
	snapshot.Domains:               {"id"},
}

// table returns the rows of a section, or as *failure the answer Graph gave
// instead of rows.
func (s *store) table(id snapshot.SectionID) (*table, error) {
	if f := s.refusal(id); f != nil {
		return nil, f
	}
	return s.rows(id)
}

// rows returns the rows of a section whatever its state; often there are none.
func (s *store) rows(id snapshot.SectionID) (*table, error) {
	s.mu.Lock()
	load := s.tables[id]
	if load == nil {
		load = sync.OnceValues(func() (*table, error) { return readTable(s.snap, id) })
		s.tables[id] = load
	}
	s.mu.Unlock()
	return load()
}

func readTable(snap *snapshot.Snapshot, id snapshot.SectionID) (*table, error) {
	b := newTableBuilder(indexed[id]...)
	// The table outlives the request that asked for it first, and so must its
	// reading.
	for row, err := range snap.Rows(context.Background(), id) {
		if err != nil {
			return nil, err
		}
		if err := b.add(row.Raw); err != nil {
			return nil, &snapshot.BrokenError{Section: id, File: row.File, Line: row.Line, Err: err}
		}
	}
	return b.finish(), nil
}

// refusal is the answer to a request for a section that holds no rows, and nil
// if it does.
func (s *store) refusal(id snapshot.SectionID) *failure {
	status := s.snap.Status(id)
	var f *failure
	switch status.State {
	case snapshot.Denied:
		f = fail(http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
	case snapshot.Unlicensed:
		f = fail(http.StatusForbidden, "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
			"Neither tenant is B2C or tenant doesn't have premium license")
		if id == snapshot.RoleEligibility {
			f = fail(http.StatusBadRequest, "AadPremiumLicenseRequired",
				"The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.")
		}
	case snapshot.Unavailable:
		f = fail(http.StatusNotFound, "UnknownError", "The resource was not available when the snapshot was recorded.")
	case snapshot.NotCollected:
		return fail(http.StatusNotImplemented, "notRecorded", fmt.Sprintf("The snapshot does not hold the section %s.", id))
	default:
		return nil
	}
	if status.Entry != nil {
		if status.Entry.Status >= 400 && status.Entry.Status <= 599 {
			f.status = status.Entry.Status
		}
		if status.Entry.Code != "" {
			f.code = status.Entry.Code
		}
	}
	return f
}
