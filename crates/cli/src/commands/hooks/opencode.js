import { spawnSync } from "node:child_process"

const passedOn = new Set(["todo.updated", "session.idle"])
const writers = new Set(["write", "edit", "multiedit", "patch", "apply_patch", "bash"])

export const Ledger = async ({ directory }) => {
  const tell = (event, payload) => {
    const told = spawnSync("ledger", ["append", "--hook", "opencode", "--event", event], {
      cwd: directory,
      input: JSON.stringify(payload),
      stdio: ["pipe", "pipe", "ignore"],
      timeout: 10_000,
      encoding: "utf8",
    })
    return told.stdout ?? ""
  }
  return {
    event: async ({ event }) => {
      if (passedOn.has(event.type)) tell(event.type, event)
    },
    "tool.execute.before": async (input, output) => {
      if (!writers.has(input.tool)) return
      const said = tell("tool.execute.before", { input, output })
      if (said.startsWith("{")) throw new Error(JSON.parse(said).reason)
    },
    "tool.execute.after": async (input, output) => {
      const said = tell("tool.execute.after", { input, output })
      if (said && typeof output?.output === "string") output.output += `\n\n${said}`
    },
  }
}
