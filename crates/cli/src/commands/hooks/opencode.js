import { spawnSync } from "node:child_process"

const passedOn = new Set(["session.created", "todo.updated", "session.idle"])

export const Ledger = async ({ directory }) => {
  const tell = (event, payload) =>
    spawnSync("ledger", ["append", "--hook", "opencode", "--event", event], {
      cwd: directory,
      input: JSON.stringify(payload),
      stdio: ["pipe", "ignore", "ignore"],
      timeout: 10_000,
    })
  return {
    event: async ({ event }) => {
      if (passedOn.has(event.type)) tell(event.type, event)
    },
    "tool.execute.after": async (input, output) => {
      tell("tool.execute.after", { input, output })
    },
  }
}
