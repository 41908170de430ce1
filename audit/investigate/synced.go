package investigate

import (
	"slices"

	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/methods"
)

// syncedProvider judges problem 7: synced passkeys and providers other than Microsoft's,
// by type, model and attestation. Source: PF (how-to-authentication-passkeys-fido2,
// 2026-03-08).
func syncedProvider(c *inquiry) []signal {
	d, rules := c.d, &c.d.Rules
	name := d.Name()
	if c.excludes(Provider) {
		return []signal{{verdict: RuledOut, why: "The passkey is not in a keychain or password manager but in " + c.keeper.String() + ".", proof: c.saidKeeper()}}
	}
	var list []signal
	for _, k := range d.rejected(func(k *Passkey) bool { return !k.SignIn.Scope && k.Keeper == Provider }) {
		s := signal{verdict: Confirmed, weight: 90, proof: append(proofs(k.Evidence...), proofs(k.SignIn.Evidence...)...)}
		s.why = "The " + k.label() + " is registered, and today's policy refuses it at every sign-in: " + k.SignIn.Why + "."
		if len(d.usable()) > 0 {
			s.verdict, s.weight = Likely, 34
			s.why = "One of " + countText(len(d.Passkeys), "passkey", "passkeys") + ", the " + k.label() + ", is refused by today's policy: " + k.SignIn.Why + "."
			s.ask = []questionID{askAuthenticator}
		}
		s.actions = []Action{
			{Administrator, "Let a profile of " + name + " admit synced passkeys of this provider again, if that is wanted.", methodsPage, anyDevice},
			{User, "Otherwise register a passkey that is admitted: in Microsoft Authenticator or on a security key.", securityInfo, "the phone or a computer"},
		}
		s.tell = "Your passkey is kept in a provider (" + k.Model + ") that we do not accept any more. Please sign in another way; we tell you which kind of passkey to set up instead."
		if k.Model == "" {
			s.tell = "Your passkey is of a kind that we do not accept any more. Please sign in another way; we tell you which kind of passkey to set up instead."
		}
		list = append(list, s)
	}
	if len(list) > 0 {
		return list
	}
	if !rules.Known || rules.InScope != yes || rules.Synced.Scope {
		return []signal{{verdict: CannotTell, weight: 1, why: "No passkey profile is known to apply to " + name + ".", proof: append(proofs(d.Scope...), c.gapProofs()...), ask: []questionID{askAuthenticator}}}
	}
	if c.keeper == Provider {
		return []signal{c.named()}
	}
	closed := rules.Synced.Accepted == no
	switch {
	case closed && c.registering():
		return []signal{{verdict: Possible, weight: 22, why: "No profile of " + name + " admits a synced passkey, so one in a keychain or password manager is refused: " + rules.Synced.Why + ".",
			proof: proofs(rules.Synced.Evidence...), ask: []questionID{askAuthenticator, askProvider},
			actions: []Action{{User, "Choose Microsoft Authenticator or a security key, not the phone's keychain.", securityInfo, "the phone or a computer"}},
			tell:    "If your phone or browser offers to save the passkey in its own keychain, please do not: choose Microsoft Authenticator or a security key instead."}}
	case closed:
		s := signal{verdict: CannotTell, weight: 3, why: "No profile of " + name + " admits synced passkeys; whether one is meant was not said.", proof: proofs(rules.Synced.Evidence...), ask: []questionID{askAuthenticator}}
		if d.Verdict.State == bootstrap.HasPasskey && c.stage == Healthy {
			s.verdict, s.weight, s.why = RuledOut, 0, "Policy refuses no registered passkey of "+name+"."
			s.proof = c.passkeyProofs()
		}
		return []signal{s}
	default:
		kept := slices.ContainsFunc(d.Passkeys, func(k Passkey) bool { return k.Keeper == Provider })
		if kept && c.stage != Healthy {
			return []signal{{verdict: Possible, weight: 9, why: "Policy admits the synced passkey of " + name + "; whether its provider works in that place hangs on system, browser and extension.", proof: c.passkeyProofs(), ask: []questionID{askProvider, askOS}}}
		}
		return []signal{{verdict: RuledOut, why: "Policy refuses no registered passkey of " + name + ".", proof: c.passkeyProofs()}}
	}
}

// named judges a provider that was told.
func (c *inquiry) named() signal {
	d, rules := c.d, &c.d.Rules
	name := d.Name()
	who := "the provider"
	if c.a.Provider != "" {
		who = c.a.Provider
	}
	ruling := rules.Synced
	models := d.known.modelsOf(c.a.Provider)
	for i, m := range models {
		kind := m.PasskeyType
		if kind == "unknown" {
			kind = "synced"
		}
		r := rules.ruling(methods.Credential{AAGUID: m.AAGUID, Type: kind, Attest: no}, true)
		if i == 0 || r.Accepted == yes || r.Accepted == unsure && ruling.Accepted == no {
			ruling = r
		}
	}
	proof := append(c.saidKeeper(), proofs(ruling.Evidence...)...)
	switch {
	case ruling.Accepted == no && (len(models) > 0 || ruling.Type || ruling.Attestation):
		return signal{verdict: Confirmed, weight: 87, why: "Policy does not let " + name + " use a passkey in " + who + ": " + ruling.Why + ".", proof: proof,
			actions: []Action{
				{User, "Register a passkey in Microsoft Authenticator or on a security key instead.", securityInfo, "the phone or a computer"},
				{Administrator, "Let a profile of " + name + " admit synced passkeys of " + who + ", if that is wanted.", methodsPage, anyDevice},
			},
			tell: "Passkeys in " + who + " are not accepted by us. Please set up your passkey in Microsoft Authenticator or on a security key instead; your browser may offer its own keychain first, so choose another place there."}
	case ruling.Accepted == no:
		return signal{verdict: Likely, weight: 52, why: "Policy admits only listed providers for " + name + ", and which one it is was not said.", proof: proof, ask: []questionID{askProvider}}
	case ruling.Accepted == unsure:
		return signal{verdict: CannotTell, weight: 20, why: "Whether policy admits a passkey in " + who + " is not known: " + ruling.Why + ".", proof: proof, ask: []questionID{askProvider}}
	default:
		return signal{verdict: Possible, weight: 27, why: "Policy admits a passkey in " + who + "; whether it works there hangs on its version, its extension and the device.", proof: append(proof, c.profileProofs()...),
			ask: []questionID{askOS, askBrowser, askOSVersion}, tell: "Please update " + who + " and its browser extension, and tell us system, browser and version."}
	}
}

// profileProofs quote the profiles of the account.
func (c *inquiry) profileProofs() []Proof { return proofs(c.d.Rules.evidence.attested...) }
