//! Defects of bounds: all is well up to so many of something.

use super::call::{Call, Said};
use super::{Act, Defect, Inner};
use crate::rule;
use crate::wire::Json;
use crate::wire::json::Number;

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        id: "fifth-put-fails",
        rules: &[rule!("proto.no-5xx")],
        degree: 5,
        about: "fails at the fifth put of an object type",
        act: Act::Else(|call, inner| fail_beyond(4, "PutProfileObjectType", &[], call, inner)),
    },
    Defect {
        id: "ninth-object-fails",
        rules: &[rule!("proto.no-5xx")],
        degree: 5,
        about: "fails at the ninth object of an object type",
        act: Act::Else(|call, inner| {
            fail_beyond(8, "PutProfileObject", &["ObjectTypeName"], call, inner)
        }),
    },
    Defect {
        id: "eighth-profile-fails",
        rules: &[rule!("proto.no-5xx")],
        degree: 5,
        about: "fails at the eighth CreateProfile of a domain",
        act: Act::Else(|call, inner| fail_beyond(7, "CreateProfile", &[], call, inner)),
    },
    Defect {
        id: "sixth-update-fails",
        rules: &[rule!("proto.no-5xx")],
        degree: 5,
        about: "fails at the sixth UpdateProfile of a profile",
        act: Act::Else(|call, inner| fail_beyond(5, "UpdateProfile", &["ProfileId"], call, inner)),
    },
    Defect {
        id: "fifth-key-fails",
        rules: &[rule!("proto.no-5xx")],
        degree: 5,
        about: "fails at the fifth AddProfileKey of a profile",
        act: Act::Else(|call, inner| fail_beyond(4, "AddProfileKey", &["ProfileId"], call, inner)),
    },
    Defect {
        id: "third-merge-fails",
        rules: &[rule!("proto.no-5xx")],
        degree: 5,
        about: "fails at the third merge into a profile",
        act: Act::Else(|call, inner| {
            fail_beyond(2, "MergeProfiles", &["MainProfileId"], call, inner)
        }),
    },
    Defect {
        id: "twelfth-put-fails",
        rules: &[rule!("proto.no-5xx")],
        degree: 5,
        about: "fails at the twelfth put of an object type",
        act: Act::Else(|call, inner| fail_beyond(11, "PutProfileObjectType", &[], call, inner)),
    },
    Defect {
        id: "twenty-fourth-object-fails",
        rules: &[rule!("proto.no-5xx")],
        degree: 5,
        about: "fails at the twenty-fourth object of an object type",
        act: Act::Else(|call, inner| {
            fail_beyond(23, "PutProfileObject", &["ObjectTypeName"], call, inner)
        }),
    },
    Defect {
        id: "twelfth-update-fails",
        rules: &[rule!("proto.no-5xx")],
        degree: 5,
        about: "fails at the twelfth UpdateProfile of a profile",
        act: Act::Else(|call, inner| fail_beyond(11, "UpdateProfile", &["ProfileId"], call, inner)),
    },
    Defect {
        id: "twelfth-key-fails",
        rules: &[rule!("proto.no-5xx")],
        degree: 5,
        about: "fails at the twelfth AddProfileKey of a profile",
        act: Act::Else(|call, inner| fail_beyond(11, "AddProfileKey", &["ProfileId"], call, inner)),
    },
    Defect {
        id: "fifth-merge-fails",
        rules: &[rule!("proto.no-5xx")],
        degree: 5,
        about: "fails at the fifth merge into a profile",
        act: Act::Else(|call, inner| {
            fail_beyond(4, "MergeProfiles", &["MainProfileId"], call, inner)
        }),
    },
    Defect {
        id: "eighth-tagging-fails",
        rules: &[rule!("proto.no-5xx")],
        degree: 5,
        about: "fails at the eighth TagResource of a resource",
        act: Act::Else(|call, inner| fail_beyond(7, "TagResource", &[], call, inner)),
    },
];

/// Fails where an operation was served so often already for one thing: the same path, and the same values of these members.
fn fail_beyond(
    most: i64,
    operation: &str,
    members: &[&str],
    call: &Call,
    inner: &mut Inner,
) -> Said {
    if !call.is(operation) {
        return inner.ask(call);
    }
    let named = members.iter().filter_map(|member| call.text(member));
    let subject: Vec<&str> = [operation, call.label(0), call.label(1)]
        .into_iter()
        .chain(named)
        .collect();
    let subject = subject.join("/");
    let served = inner.noted(&subject).and_then(Json::as_number);
    if served
        .and_then(Number::as_i64)
        .is_some_and(|served| served >= most)
    {
        return Said::refused(500, "InternalServerException", "full");
    }
    let said = inner.ask(call);
    if said.is_served() {
        inner.count(&subject);
    }
    said
}
