// Package fidometadata reads what the FIDO Alliance publishes about authenticators: the
// blob of its Metadata Service, version 3, a JSON web token that carries the certificates
// of its signature.
//
// A blob is believed only if the signature holds and the certificate is that of
// mds.fidoalliance.org and comes from the root that the Alliance uses: GlobalSign's R46,
// or R3, which signed until then. The certificates are judged as of the time of the blob
// itself, not of the reading of it, so that a snapshot with its blob comes to the same
// result for ever. Nothing is fetched: whether a certificate was revoked is not asked.
//
// The kinds of reports and which of several counts are those of
// github.com/go-webauthn/webauthn/metadata. Its own decoder asks the network and the clock.
package fidometadata
