package investigate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/bootstrap"
)

// Stage is where on the way it fails.
type Stage string

const (
	CannotStart       Stage = "cannot-start"
	RegistrationFails Stage = "registration-fails"
	SignInFails       Stage = "sign-in-fails"
	CrossDeviceFails  Stage = "cross-device-fails"
	NotRecognised     Stage = "not-recognised"
	Unsupported       Stage = "unsupported"
	Healthy           Stage = "healthy"
	UnknownStage      Stage = "unknown"
)

// Stages lists them in the order of the way.
var Stages = []Stage{CannotStart, RegistrationFails, SignInFails, CrossDeviceFails, NotRecognised, Unsupported, Healthy, UnknownStage}

// stageTexts say what a stage means.
var stageTexts = map[Stage]string{
	CannotStart: "registration cannot start", RegistrationFails: "registration starts and fails", SignInFails: "signing in with the passkey fails",
	CrossDeviceFails: "computer and phone do not find each other", NotRecognised: "the passkey is not recognised", Unsupported: "the place does not support it",
	Healthy: "nothing fails", UnknownStage: "not known",
}

// String says what the stage means.
func (s Stage) String() string { return stageTexts[s] }

// registering tells whether the stage is before the passkey exists.
func (s Stage) registering() bool { return s == CannotStart || s == RegistrationFails }

// recent is how long a failed attempt says where things stand.
const recent = 14 * 24 * time.Hour

// stageOf settles the stage, and says by what: an answer, or else the newest failed
// attempt of the last 14 days that no later one made good, or else where the person
// stands.
func stageOf(d *Dossier, a *Answers) (stage Stage, by string, attempt *Attempt) {
	attempt = d.attemptMeant(a)
	if attempt == nil {
		attempt = d.openAttempt()
	}
	if a.Stage != "" {
		return a.Stage, "as answered", attempt
	}
	if a.Symptom != "" {
		if s := SymptomOf(a.Symptom); s != nil {
			return s.Stage, "by what was said: " + quoted(a.Symptom), attempt
		}
	}
	if a.ErrorCode != 0 {
		if stage := stageOfClass(d.known.classOfCode(a.ErrorCode)); stage != "" {
			return stage, fmt.Sprintf("by the code %d", a.ErrorCode), attempt
		}
	}
	if attempt != nil {
		if stage := attempt.stage(); stage != "" {
			return stage, "by the attempt of " + attempt.when(), attempt
		}
	}
	switch v := &d.Verdict; {
	case v.State == bootstrap.Trapped, v.State == bootstrap.NeedsAdminStep, v.State == bootstrap.OutOfScope:
		return CannotStart, "by the state", attempt
	case d.Listed && len(d.Passkeys) > 0 && !slices.ContainsFunc(d.Passkeys, func(k Passkey) bool { return k.SignIn.Accepted != no }) && v.State != bootstrap.HasPasskey:
		return SignInFails, "by the passkeys, none of which policy accepts", attempt
	case v.State == bootstrap.HasPasskey:
		return Healthy, "by the state", attempt
	default:
		return UnknownStage, "neither the log nor the state tells", attempt
	}
}

// stage is where on the way an attempt failed; empty where its class does not tell.
func (at *Attempt) stage() Stage { return stageOfClass(at.Class) }

func stageOfClass(c activity.Class) Stage {
	switch c {
	case activity.KeyUnknown:
		return NotRecognised
	case activity.RegistrationRefused:
		return RegistrationFails
	case activity.PassFailed:
		return CannotStart
	case activity.PasskeyFailed, activity.Refused, activity.MFAFailed:
		return SignInFails
	default:
		return ""
	}
}

func quoted(text string) string { return `"` + strings.TrimSpace(text) + `"` }
