import { cva, type VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";
import { cn } from "./class-names";

export const buttonStyle = cva(
  "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap select-none transition-colors aria-disabled:opacity-55 disabled:cursor-not-allowed disabled:opacity-55",
  {
    variants: {
      variant: {
        primary: "border-transparent bg-accent-fill text-on-accent hover:not-disabled:bg-accent-fill-hover",
        plain: "border-line-strong bg-panel text-ink hover:not-disabled:bg-hover",
        ghost: "border-transparent bg-transparent text-ink-2 hover:not-disabled:bg-hover hover:not-disabled:text-ink",
        danger: "border-transparent bg-bad-fill text-on-accent hover:not-disabled:bg-bad-fill-hover",
      },
      size: {
        sm: "h-7 px-2 text-xs",
        md: "h-8 px-3 text-sm",
        icon: "size-8",
        "icon-sm": "size-7",
      },
    },
    defaultVariants: { variant: "plain", size: "md" },
  },
);

type ButtonProps = ComponentProps<"button"> & VariantProps<typeof buttonStyle>;

/** A button that submits nothing unless told to. */
export function Button({ variant, size, className, type = "button", ...rest }: ButtonProps) {
  return <button type={type} className={cn(buttonStyle({ variant, size }), className)} {...rest} />;
}
