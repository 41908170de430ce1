// Package tenantgen writes synthetic tenants as snapshots: from ten accounts to
// millions, for tests, benchmarks and trying things out without a tenant.
//
// A tenant follows from a [Shape] and its seed alone, so equal shapes give equal
// snapshots, digest for digest; [Version] is raised whenever that changes. Every
// account is computed from its number, so nothing of the directory is held in
// memory: what grows with the tenant is the row digests that the snapshot's
// writer keeps, 32 bytes each.
//
// The tenants are invented but not random noise. People work in a department, in
// a country, at a level, and groups, licences, methods and devices follow from
// those: judging meets hundreds to a few thousand kinds of people, as it does in
// real tenants, and not a million. Names are made up, domains end in ".example",
// addresses are from the ranges for documentation (RFC 5737).
//
// What is not modelled: sign-ins name no Conditional Access policies, as for a
// caller who may not read them; distribution of events over hours; licences that
// are assigned and not paid for.
package tenantgen
