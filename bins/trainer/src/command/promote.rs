//! `promote`: a version to a stage, or an alias to a version.

use anyhow::{Context as _, Result};
use mlflow_client::{Stage, newest_in_stage};

use super::{Access, connect, version_named, versions_of};
use crate::{
    cli::{Cli, PromoteArgs},
    print,
    settings::Settings,
    wire::PromotedWire,
};

pub(super) async fn run(cli: &Cli, settings: &Settings, args: &PromoteArgs) -> Result<()> {
    let store = connect(settings, Access::Existing).await?;
    let model = settings.model_name.as_str();
    let mut version = version_named(store.as_ref(), model, args.version).await?;
    let number = version.version;
    let mut archived = Vec::new();
    if let Some(stage) = args.stage {
        if args.archive_existing {
            let others = versions_of(store.as_ref(), model).await?;
            let others = others.iter().filter(|v| v.stage == stage && v.version != number);
            archived = others.map(|v| v.version.number()).collect();
        }
        version = store
            .transition_stage(model, number, stage, args.archive_existing)
            .await
            .with_context(|| format!("cannot move version {number} of `{model}` to {stage}"))?;
    }
    if let Some(alias) = &args.alias {
        store.set_alias(model, alias, number).await.with_context(|| {
            format!("cannot give version {number} of `{model}` the alias `{alias}`")
        })?;
        version = store.get_version(model, number).await?;
    }
    if cli.common.json {
        return print::json(&PromotedWire {
            model_name: model.to_owned(),
            version: number.number(),
            stage: version.stage.as_str(),
            aliases: version.aliases.clone(),
            archived,
        });
    }
    let mut out = format!("{model} v{number}: stage {}", version.stage);
    if !version.aliases.is_empty() {
        out.push_str(&format!(", aliases {}", version.aliases.join(" ")));
    }
    out.push('\n');
    if !archived.is_empty() {
        let list: Vec<String> = archived.iter().map(|n| format!("v{n}")).collect();
        out.push_str(&format!("archived {}\n", list.join(" ")));
    }
    // The newest in a stage is the highest number, whatever was promoted last.
    let all = versions_of(store.as_ref(), model).await?;
    if let Some(newest) = newest_in_stage(&all, Stage::Production) {
        out.push_str(&format!("Production serves v{}\n", newest.version));
        if args.stage == Some(Stage::Production) && newest.version != number {
            out.push_str(&format!(
                "note: v{} has the higher number and wins; to serve v{number}, repeat with --archive-existing\n",
                newest.version
            ));
        }
    }
    print::text(&out)
}
