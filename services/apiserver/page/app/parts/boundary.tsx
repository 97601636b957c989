/**
 * A part that cannot be drawn takes nothing else with it.
 *
 * @module
 */
import { Component, type ComponentChildren } from "preact";
import { Notice } from "./layout.tsx";

interface Props {
  readonly children: ComponentChildren;
}

export class Boundary extends Component<Props, { readonly failed: boolean }> {
  override state = { failed: false };

  static override getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override componentDidCatch(error: unknown): void {
    console.error(error);
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <Notice kind="bad">
        <p>
          This part of the page failed. It is a mistake of the page, not of the pool: the figures
          are also at <a href="/docs">the API</a>.
        </p>
      </Notice>
    );
  }
}
