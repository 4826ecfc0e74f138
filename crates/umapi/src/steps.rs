//! Commands as Adobe reads them: the one room that knows the names of the action API.

use serde_json::{Map, Value, json};
use umsync_engine::adobe::Identity;
use umsync_engine::change::{Field, Names, Profile, ProfileTexts, Target};
use umsync_engine::command::{Command, Member, Step};
use umsync_engine::key::GroupName;

/// Create steps say always what is to become of an account that is there: the default has changed before, and a create
/// that may find its user there can be sent twice.
const IF_THERE: &str = "ignoreIfAlreadyExists";
/// Its first and last name become the given ones, and nothing else of it changes.
const UPDATE: &str = "updateIfAlreadyExists";

/// One command object. Fails with what the API cannot say, which no plan should ask for.
pub(crate) fn command(command: &Command, request_id: &str) -> Result<Value, String> {
    let mut object = Map::new();
    object.insert("requestID".to_owned(), request_id.into());
    let steps: Vec<Value> = match &command.target {
        Target::User(account) => {
            let creates_adobe_id = command.steps.iter().any(|step| match step {
                Step::CreateUser(profile) | Step::PushUser { profile, names: _ } => {
                    profile.identity == Identity::Adobe
                }
                _ => false,
            });
            object.insert("user".to_owned(), account.user().into());
            if let Some(domain) = account.domain() {
                object.insert("domain".to_owned(), domain.into());
            }
            if account.is_adobe_id() || creates_adobe_id {
                object.insert("useAdobeID".to_owned(), true.into());
            }
            command.steps.iter().map(user_step).collect::<Result<_, _>>()?
        }
        Target::Group(name) => {
            object.insert("usergroup".to_owned(), name.spelling().into());
            command.steps.iter().map(group_step).collect::<Result<_, _>>()?
        }
    };
    object.insert("do".to_owned(), steps.into());
    Ok(object.into())
}

fn user_step(step: &Step) -> Result<Value, String> {
    Ok(match step {
        Step::CreateUser(profile) | Step::PushUser { profile, names: Names::Keep } => {
            create(profile, IF_THERE)
        }
        Step::PushUser { profile, names: Names::Update } => create(profile, UPDATE),
        Step::Update(fields) => {
            let fields: Map<String, Value> = fields
                .iter()
                .map(|(field, value)| (field_name(*field).to_owned(), value.as_str().into()))
                .collect();
            json!({ "update": fields })
        }
        Step::Remove(groups) => json!({ "remove": { "group": names(groups) } }),
        Step::Add(groups) => json!({ "add": { "group": names(groups) } }),
        Step::RemoveFromOrg { delete_account } => {
            json!({ "removeFromOrg": { "deleteAccount": delete_account } })
        }
        Step::CreateGroup
        | Step::Describe(_)
        | Step::Attach(_)
        | Step::AddUsers(_)
        | Step::RemoveUsers(_) => {
            return Err("a user command cannot do what a group command does".to_owned());
        }
    })
}

fn group_step(step: &Step) -> Result<Value, String> {
    match step {
        // The name is the command's.
        Step::CreateGroup => Ok(json!({ "createUserGroup": { "option": IF_THERE } })),
        Step::AddUsers(members) => Ok(json!({ "add": { "user": emails(members) } })),
        Step::RemoveUsers(members) => Ok(json!({ "remove": { "user": emails(members) } })),
        Step::Describe(description) => Ok(json!({ "updateUserGroup": { "description": description } })),
        // The key `group` is for users alone. (UMAPI documentation, "Add product profiles to user group")
        Step::Attach(profiles) => Ok(json!({ "add": { "productConfiguration": names(profiles) } })),
        Step::CreateUser(_)
        | Step::PushUser { .. }
        | Step::Update(_)
        | Step::Remove(_)
        | Step::Add(_)
        | Step::RemoveFromOrg { .. } => Err("a group command cannot do what a user command does".to_owned()),
    }
}

fn create(profile: &Profile, if_there: &str) -> Value {
    let ProfileTexts { email, first_name, last_name, country } = profile.texts();
    let step = match profile.identity {
        Identity::Adobe => "addAdobeID",
        Identity::Enterprise => "createEnterpriseID",
        Identity::Federated => "createFederatedID",
    };
    let mut values = Map::new();
    values.insert("email".to_owned(), email.into());
    // What has no value is left out: empty strings are refused.
    for (name, value) in [("firstname", first_name), ("lastname", last_name), ("country", country)] {
        if let Some(value) = value {
            values.insert(name.to_owned(), value.into());
        }
    }
    values.insert("option".to_owned(), if_there.into());
    json!({ step: values })
}

fn field_name(field: Field) -> &'static str {
    match field {
        Field::Email => "email",
        Field::Username => "username",
        Field::FirstName => "firstname",
        Field::LastName => "lastname",
    }
}

fn emails(members: &[Member]) -> Vec<&str> {
    members.iter().map(|member| member.user.as_str()).collect()
}

fn names(groups: &[GroupName]) -> Vec<&str> {
    groups.iter().map(GroupName::spelling).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{account, to_user};
    use std::sync::Arc;
    use umsync_engine::change::Address;
    use umsync_engine::command::Phase;

    #[test]
    fn a_new_user_with_memberships() {
        let texts = ProfileTexts {
            email: "Jane@example.com",
            first_name: Some("Jane"),
            last_name: None,
            country: Some("US"),
        };
        let profile = Profile::new(Identity::Federated, texts).into();
        let steps = vec![Step::CreateUser(profile), Step::Add(vec!["Design".into(), "All Apps".into()])];
        let wire = command(&to_user("Jane@example.com", steps), "r1").unwrap();
        let expected = json!({
            "user": "Jane@example.com",
            "requestID": "r1",
            "do": [
                {"createFederatedID":
                    {"email": "Jane@example.com", "firstname": "Jane", "country": "US", "option": "ignoreIfAlreadyExists"}},
                {"add": {"group": ["Design", "All Apps"]}},
            ],
        });
        assert_eq!(wire, expected);
    }

    #[test]
    fn what_is_pushed_says_what_becomes_of_names_that_are_there() {
        let texts = ProfileTexts { email: "a@b.c", first_name: Some("A"), ..ProfileTexts::default() };
        let profile = Arc::new(Profile::new(Identity::Enterprise, texts));
        for (names, option) in
            [(Names::Update, "updateIfAlreadyExists"), (Names::Keep, "ignoreIfAlreadyExists")]
        {
            let push = Step::PushUser { profile: profile.clone(), names };
            let wire = command(&to_user("a@b.c", vec![push]), "r").unwrap();
            let expected =
                json!([{"createEnterpriseID": {"email": "a@b.c", "firstname": "A", "option": option}}]);
            assert_eq!(wire["do"], expected);
        }
    }

    #[test]
    fn an_adobe_id_is_addressed_as_one() {
        let texts = ProfileTexts { email: "a@b.c", ..ProfileTexts::default() };
        let profile = Profile::new(Identity::Adobe, texts).into();
        let wire = command(&to_user("a@b.c", vec![Step::CreateUser(profile)]), "r").unwrap();
        assert_eq!(wire["useAdobeID"], json!(true));
        assert_eq!(wire["do"][0]["addAdobeID"], json!({"email": "a@b.c", "option": "ignoreIfAlreadyExists"}));
    }

    #[test]
    fn a_bare_username_comes_with_its_domain() {
        let address =
            Address { user: "jdoe".to_owned(), domain: Some("example.com".to_owned()), adobe_id: false };
        let account = account("jdoe@example.com").at(&address);
        let mut to_jdoe = to_user("x", vec![Step::RemoveFromOrg { delete_account: false }]);
        to_jdoe.target = Target::User(account.into());
        let wire = command(&to_jdoe, "r").unwrap();
        assert_eq!((&wire["user"], &wire["domain"]), (&json!("jdoe"), &json!("example.com")));
        assert_eq!(wire["do"], json!([{"removeFromOrg": {"deleteAccount": false}}]));
        assert!(wire.get("useAdobeID").is_none());
    }

    #[test]
    fn updates_and_removals() {
        let fields = [(Field::LastName, "Roe".to_owned()), (Field::Email, "new@b.c".to_owned())].into();
        let steps = vec![Step::Update(fields), Step::Remove(vec!["Design".into()])];
        let wire = command(&to_user("a@b.c", steps), "r").unwrap();
        let expected =
            json!([{"update": {"lastname": "Roe", "email": "new@b.c"}}, {"remove": {"group": ["Design"]}}]);
        assert_eq!(wire["do"], expected);
    }

    #[test]
    fn a_new_group() {
        let create = Command {
            phase: Phase::Groups,
            target: Target::Group("Design".into()),
            steps: vec![Step::CreateGroup],
            changes: vec![0],
            fallback: Vec::new(),
        };
        let wire = command(&create, "r").unwrap();
        let expected = json!({"usergroup": "Design", "requestID": "r",
            "do": [{"createUserGroup": {"option": "ignoreIfAlreadyExists"}}]});
        assert_eq!(wire, expected);
        assert!(command(&Command { steps: vec![Step::Add(vec![])], ..create }, "r").is_err());
    }
}
