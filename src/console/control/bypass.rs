//! Beginning and ending bypasses, and who hears of it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{Answer, Refusal};
use crate::console::House;
use crate::store::{Actor, Bypass};
use crate::tenant::{Tenant, Tenants};

/// For one school or all of them; all or none begin.
pub(super) async fn begin(
    house: &House,
    school: Option<&str>,
    length: SignedDuration,
    actor: &Actor,
) -> Result<Answer, Refusal> {
    let now = Timestamp::now();
    let tenants = house.tenants.load();
    let mut bypasses = Vec::new();
    let mut notices = Vec::new();
    for tenant in chosen(&tenants, school)? {
        let bypass = Bypass::new(&tenant.school.id, length, actor, now)?;
        notices.extend(tenant.bypass_began(&bypass, now));
        bypasses.push(bypass);
    }
    house.store.begin_bypasses(&bypasses, &notices).await?;
    Ok(Answer::Bypasses {
        bypasses: bypasses.into_iter().map(|bypass| (bypass, 0)).collect(),
    })
}

/// Ends those in force, of one school or of all; says which.
pub(super) async fn end(
    house: &House,
    school: Option<&str>,
    actor: &Actor,
) -> Result<Answer, Refusal> {
    let now = Timestamp::now();
    let tenants = house.tenants.load();
    let mut ended = Vec::new();
    for bypass in house.store.bypasses().await? {
        if school.is_some_and(|school| *school != *bypass.school) {
            continue;
        }
        let passed = house.store.passed_unscreened(&bypass).await?;
        let tenant = tenants.by_id(&bypass.school);
        let notices =
            tenant.map(|tenant| tenant.bypass_ended(&bypass, passed, Some(&actor.name), now));
        let notices = notices.unwrap_or_default();
        if house
            .store
            .end_bypass(&bypass, passed, actor, &notices)
            .await?
        {
            ended.push((bypass, passed));
        }
    }
    match ended.is_empty() {
        true => Err(Refusal::NoBypass),
        false => Ok(Answer::Bypasses { bypasses: ended }),
    }
}

fn chosen<'t>(tenants: &'t Tenants, school: Option<&str>) -> Result<Vec<&'t Arc<Tenant>>, Refusal> {
    let Some(id) = school else {
        return Ok(tenants.iter().collect());
    };
    tenants.by_id(id).map(|tenant| vec![tenant]).ok_or_else(|| {
        let known: Vec<&str> = tenants.iter().map(|tenant| &*tenant.school.id).collect();
        Refusal::NoSchool(id.to_owned(), known.join(", "))
    })
}
